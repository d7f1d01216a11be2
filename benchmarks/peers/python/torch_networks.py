"""The networks of benchmarks/workloads/networks.ts in PyTorch: fit, steps and predictions as user code."""

import json

import torch
import torch.nn.functional as F
from torch import nn

from task import Task, fastest
from torch_arrays import LAYOUTS, outputs, tensor


class Same(nn.Module):
    """TensorFlow's SAME padding: if it is odd, the extra element is at the end."""

    def __init__(self, size, stride):
        super().__init__()
        self.size, self.stride = size, stride

    def forward(self, x):
        total = [max((-(-n // self.stride) - 1) * self.stride + self.size - n, 0) for n in x.shape[:1:-1]]
        return F.pad(x, [p for t in total for p in (t // 2, t - t // 2)])


class Last(nn.Module):
    """A recurrent layer's last output."""

    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)[0][:, -1]


class Flatten(nn.Module):
    """Flattens in the order height, width, channel, which the dense weights expect."""

    def forward(self, x):
        return x.permute(0, 2, 3, 1).flatten(1)


def convolution(o, take):
    depthwise = o["op"] == "depthwise"
    w = take()
    size, _, channels, units = w.shape
    stride = o.get("stride", 1)
    bias = o.get("bias", True)
    if depthwise:
        w, units = w.permute(2, 3, 0, 1), channels
    else:
        w = w.permute(3, 2, 0, 1)
    even = stride == 1
    layer = nn.Conv2d(
        channels,
        units,
        size,
        stride,
        padding=size // 2 if even else 0,
        bias=bias,
        groups=channels if depthwise else 1,
    )
    layer.weight.copy_(w)
    if bias:
        layer.bias.copy_(take())
    return layer if even or size == 1 else nn.Sequential(Same(size, stride), layer)


def recurrent(o, take):
    wx, wh, b = take(), take(), take()
    if o["op"] == "gru":
        # PyTorch has the order reset, update, and both biases.
        order = [1, 0, 2]
        wx, wh, b = (torch.cat([t.chunk(3, -1)[i] for i in order], -1) for t in (wx, wh, b))
        layer = nn.GRU(wx.shape[0], wh.shape[0], batch_first=True)
        layer.bias_ih_l0.copy_(b[0])
        layer.bias_hh_l0.copy_(b[1])
    else:
        layer = nn.LSTM(wx.shape[0], wh.shape[0], batch_first=True)
        layer.bias_ih_l0.copy_(b)
        # A second bias, which the other libraries do not have.
        layer.bias_hh_l0.zero_().requires_grad_(False)
    layer.weight_ih_l0.copy_(wx.T)
    layer.weight_hh_l0.copy_(wh.T)
    return Last(layer)


def dense(_, take):
    w = take()
    layer = nn.Linear(*w.shape)
    layer.weight.copy_(w.T)
    layer.bias.copy_(take())
    return layer


def norm(_, take):
    gamma, beta, mean, variance = (take() for _ in range(4))
    layer = nn.BatchNorm2d(len(gamma), eps=1e-3, momentum=0.01)
    for own, value in ((layer.weight, gamma), (layer.bias, beta), (layer.running_mean, mean), (layer.running_var, variance)):
        own.copy_(value)
    return layer


class Mean(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Add(nn.Module):
    def forward(self, a, b):
        return a + b


MAKERS = {
    "dense": dense,
    "relu": lambda *_: nn.ReLU(),
    "conv": convolution,
    "depthwise": convolution,
    "norm": norm,
    "maxPool": lambda o, _: nn.MaxPool2d(o.get("size", 2)),
    "flatten": lambda *_: Flatten(),
    "mean": lambda *_: Mean(),
    "add": lambda *_: Add(),
    "lstm": recurrent,
    "gru": recurrent,
}


class Graph(nn.Module):
    """A network with shortcuts."""

    def __init__(self, network, made):
        super().__init__()
        self.made = nn.ModuleList(made)
        self.sources = [o.get("from", [i]) for i, o in enumerate(network)]

    def forward(self, x):
        values = [x]
        for layer, sources in zip(self.made, self.sources):
            values.append(layer(*(values[at] for at in sources)))
        return values[-1]


def model_of(params, parameters, layout):
    network = json.loads(params["layers"])
    rest = iter(parameters)
    with torch.no_grad():
        made = [MAKERS[o["op"]](o, lambda: next(rest)) for o in network]
    chain = all("from" not in o for o in network)
    model = nn.Sequential(*made) if chain else Graph(network, made)
    return model.to(memory_format=layout) if len(params["shape"]) == 3 else model


def data_of(params, x, layout):
    return x.permute(0, 3, 1, 2).contiguous(memory_format=layout) if len(params["shape"]) == 3 else x


def network_kinds(compiler=None, note=None):
    """Every kind; `compiler` is torch.compile, or None in eager mode."""
    wrap = compiler or (lambda f: f)

    def in_layouts(params, make, back):
        """The fastest image layout; make(layout) returns a function, back(layout) the outputs to compare."""
        layouts = LAYOUTS if len(params["shape"]) == 3 else [("", torch.contiguous_format)]
        makes = {name: layout for name, layout in layouts}
        if len(makes) == 1 or compiler is not None:
            name = next(reversed(makes))
            run = make(makes[name])
        else:
            name, run = fastest([(name, make(layout)) for name, layout in layouts])
        notes = ", ".join(n for n in (note, name) if n)
        return Task(run, lambda result: back(makes[name], result), note=notes, compiled=compiler is not None)

    def stepper(params, parameters, layout):
        model = model_of(params, parameters, layout)
        optimizer = torch.optim.Adam(
            [p for p in model.parameters() if p.requires_grad], lr=params["rate"], eps=params["epsilon"], fused=True
        )
        forward = wrap(lambda x, y: F.cross_entropy(model(x), y))

        def step(x, y):
            optimizer.zero_grad()
            loss = forward(x, y)
            loss.backward()
            optimizer.step()
            return loss.detach()

        return step

    def keras_fit(params, inputs):
        x, y, *parameters = map(tensor, inputs)
        y, batch = y.long(), params["batch"]

        def make(layout):
            images = data_of(params, x, layout)
            step = stepper(params, parameters, layout)

            def epoch():
                total = torch.zeros(())
                for at in range(0, len(images), batch):
                    part = y[at : at + batch]
                    total += step(images[at : at + batch], part) * len(part)
                return total / len(images)

            return epoch

        return in_layouts(params, make, lambda layout, _: outputs(make(layout)().reshape(1)))

    def keras_step(params, inputs):
        x, y, *parameters = map(tensor, inputs)
        y = y.long()

        def make(layout):
            images = data_of(params, x, layout)
            step = stepper(params, parameters, layout)
            return lambda: step(images, y).item()

        def back(layout, _):
            step = make(layout)
            return outputs(torch.tensor([step() for _ in range(params["steps"])]))

        return in_layouts(params, make, back)

    def keras_predict(params, inputs):
        x, *parameters = map(tensor, inputs)

        def make(layout):
            images = data_of(params, x, layout)
            model = wrap(model_of(params, parameters, layout).eval())

            @torch.inference_mode()
            def run():
                return torch.cat([model(part) for part in images.split(params["batch"])])

            return run

        return in_layouts(params, make, lambda _, result: outputs(result))

    def keras_predict_one(params, inputs):
        x, *parameters = map(tensor, inputs)

        def make(layout):
            image = data_of(params, x, layout)
            model = wrap(model_of(params, parameters, layout).eval())
            return torch.inference_mode()(lambda: model(image))

        return in_layouts(params, make, lambda _, result: outputs(result))

    def keras_first(params, inputs):
        if compiler is None:
            return "nothing is compiled in eager mode"
        tensors = [tensor(t) for t in inputs]
        layout = torch.contiguous_format

        def run():
            torch._dynamo.reset()
            with torch._inductor.config.patch(force_disable_caches=True):
                if params["train"]:
                    x, y, *parameters = tensors
                    return stepper(params, parameters, layout)(data_of(params, x, layout), y.long()).reshape(1)
                x, *parameters = tensors
                with torch.inference_mode():
                    return wrap(model_of(params, parameters, layout).eval())(data_of(params, x, layout))

        return Task(run, outputs, note=note, compiled=True)

    def recurrent_gradient(params, inputs):
        if params["by"] != "layer" or compiler is not None:
            return "the library has no such function"
        x, *parameters = map(tensor, inputs)
        rest = iter(parameters)
        with torch.no_grad():
            layer = recurrent({"op": "lstm"}, lambda: next(rest)).layer
        v = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0]

        def run():
            return torch.autograd.grad(layer(x)[0][:, -1].sum(), v)

        return Task(run, lambda g: outputs([g[0].T, g[1].T, g[2]]), note="nn.LSTM")

    return {
        "keras_fit": keras_fit,
        "keras_step": keras_step,
        "keras_predict": keras_predict,
        "keras_predict_one": keras_predict_one,
        "keras_first": keras_first,
        "recurrent_gradient": recurrent_gradient,
    }
