"""Training workloads in PyTorch: eager, or compiled by the function passed to `training_kinds`."""

import torch
import torch.nn.functional as F

from task import Task, fastest
from torch_arrays import LAYOUTS, filters, image, outputs, tensor

# The models of benchmarks/workloads/models.ts. Each returns, for inputs and an image layout, the batch, the targets,
# the parameters and the loss.


def mlp_forward(x, v):
    for i in range(0, len(v), 2):
        x = torch.addmm(v[i + 1], torch.relu(x) if i > 0 else x, v[i])
    return x


def mlp(_, inputs, __):
    x, labels, *v = map(tensor, inputs)
    return x, labels.long(), v, lambda x, labels, v: F.cross_entropy(mlp_forward(x, v), labels)


def cnn(_, inputs, layout):
    def loss(x, labels, v):
        x = F.max_pool2d(torch.relu(F.conv2d(x, v[0], v[1], padding=1)), 2)
        x = F.max_pool2d(torch.relu(F.conv2d(x, v[2], v[3], padding=1)), 2)
        # The dense weights expect the features in the order height, width, channel.
        return F.cross_entropy(torch.addmm(v[5], x.permute(0, 2, 3, 1).flatten(1), v[4]), labels)

    v = [filters(t, layout) if len(t.shape) == 4 else tensor(t) for t in inputs[2:]]
    return image(inputs[0], layout), tensor(inputs[1]).long(), v, loss


def lstm(_, inputs, __):
    x, labels, wx, wh, b, w, b2 = map(tensor, inputs)
    layer = torch.nn.LSTM(x.shape[-1], wh.shape[0], batch_first=True)
    with torch.no_grad():
        for parameter, value in zip((layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0), (wx.T, wh.T, b)):
            parameter.copy_(value)
        # A second bias, which the other libraries do not have.
        layer.bias_hh_l0.zero_().requires_grad_(False)
    v = [layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, w, b2]

    def loss(x, labels, v):
        return F.cross_entropy(torch.addmm(v[4], layer(x)[0][:, -1], v[3]), labels)

    return x, labels.long(), v, loss


def transformer(params, inputs, _):
    heads, epsilon = params["heads"], params["normEpsilon"]
    x, target, *v = map(tensor, inputs)

    def attention(x, v):
        batch, time, width = x.shape
        parts = (x @ v[0] + v[1]).reshape(batch, time, 3, heads, width // heads)
        q, k, value = parts.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, value)
        return mixed.transpose(1, 2).reshape(batch, time, width) @ v[2] + v[3]

    def loss(x, target, v):
        shape = x.shape[-1:]
        y = x + attention(F.layer_norm(x, shape, v[0], v[1], epsilon), v[2:6])
        hidden = F.gelu(F.layer_norm(y, shape, v[6], v[7], epsilon) @ v[8] + v[9])
        return F.mse_loss(y + hidden @ v[10] + v[11], target)

    return x, target, v, loss


MODELS = {"mlp": mlp, "cnn": cnn, "lstm": lstm, "transformer": transformer}


def norm_gelu(params):
    epsilon = params["epsilon"]

    def f(x, gamma, beta):
        centred = x - torch.mean(x, -1, keepdim=True)
        variance = torch.mean(torch.square(centred), -1, keepdim=True)
        y = centred * torch.rsqrt(variance + epsilon) * gamma + beta
        return x + 0.5 * y * (1 + torch.erf(y * 0.5**0.5))

    return f


def training_kinds(compiler=None, note=None):
    """Every kind; `compiler` is torch.compile, or None in eager mode."""
    wrap = compiler or (lambda f: f)

    def about(*notes):
        return {"note": ", ".join(n for n in (note, *notes) if n), "compiled": compiler is not None}

    def maker(model, params, inputs, layout=None):
        """Creates steps that start from the given parameters; forward and backward pass are compiled, Adam is one fused call."""

        def make():
            x, target, v, loss = model(params, inputs, layout)
            for w in v:
                w.requires_grad_(True)
            optimizer = torch.optim.Adam(v, lr=params["rate"], eps=params["epsilon"], fused=True)
            compiled = wrap(loss)

            def step():
                optimizer.zero_grad()
                value = compiled(x, target, v)
                value.backward()
                optimizer.step()
                return value

            return step

        return make

    def losses(step, steps):
        return outputs(torch.stack([step().detach() for _ in range(steps)]))

    def trained(model):
        def kind(params, inputs):
            make = maker(model, params, inputs)
            return Task(make(), lambda _: losses(make(), params["steps"]), **about("fused Adam"))

        return kind

    def trained_cnn(params, inputs):
        makes = {name: maker(cnn, params, inputs, layout) for name, layout in LAYOUTS}
        name, run = fastest([(name, make()) for name, make in makes.items()])
        return Task(run, lambda _: losses(makes[name](), params["steps"]), **about(name, "fused Adam"))

    def first_call(params, inputs):
        if compiler is None:
            return "nothing is compiled in eager mode"
        make = maker(MODELS[params["model"]], params, inputs)

        def run():
            torch._dynamo.reset()
            with torch._inductor.config.patch(force_disable_caches=True):
                return make()()

        return Task(run, outputs, **about())

    def line(params, inputs):
        x, y = map(tensor, inputs)
        rate = params["rate"]

        def make():
            w, b = (torch.tensor(n, requires_grad=True) for n in (5.0, 0.0))
            loss = wrap(lambda w, b: torch.mean(torch.square(w * x + b - y)))

            def step():
                value = loss(w, b)
                dw, db = torch.autograd.grad(value, (w, b))
                with torch.no_grad():
                    w.sub_(dw, alpha=rate)
                    b.sub_(db, alpha=rate)
                return value

            return step

        return Task(make(), lambda _: losses(make(), params["steps"]), **about())

    def calling(f):
        def kind(params, inputs):
            operands = [tensor(t) for t in inputs]
            run = torch.inference_mode()(wrap(f(params)))
            return Task(lambda: run(*operands), outputs, **about())

        return kind

    pick = calling(lambda _: lambda a, b, c, d: c) if compiler else lambda *_: "nothing is compiled in eager mode"
    return {
        **{name: trained(model) for name, model in MODELS.items()},
        **{"cnn": trained_cnn, "first_call": first_call, "line": line, "pick": pick},
        "chain": calling(lambda _: lambda x, y: x * y + torch.sigmoid(x) * 2),
        "norm_gelu": calling(norm_gelu),
        "predict": calling(lambda _: lambda x, *v: mlp_forward(x, v)),
    }
