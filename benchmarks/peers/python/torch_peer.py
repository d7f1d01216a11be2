"""PyTorch."""

import torch
import torch.nn.functional as F

from task import Task, fastest
from torch_arrays import LAYOUTS, filters, image, outputs, task, tensor
from torch_networks import network_kinds
from torch_training import training_kinds


def open(threads):
    torch.set_num_threads(threads)
    torch.manual_seed(1)
    return {"version": torch.__version__, "about": {"mkl": str(torch.backends.mkl.is_available())}}


UNARY = {"exp": torch.exp, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "gelu": F.gelu}


def unary(params, inputs):
    x = tensor(inputs[0])
    f = UNARY[params["f"]]
    return task(lambda: f(x))


def binary(params, inputs):
    a, b = map(tensor, inputs)
    f = {"add": torch.add, "multiply": torch.mul}[params["f"]]
    return task(lambda: f(a, b))


def matmul(params, inputs):
    a, b = map(tensor, inputs)
    if params["transposeA"]:
        a = a.transpose(-1, -2)
    if params["transposeB"]:
        b = b.transpose(-1, -2)
    return task(lambda: torch.matmul(a, b))


def reduce(params, inputs):
    x = tensor(inputs[0])
    axes = params["axes"]
    if len(axes) == x.dim():
        return task(lambda: torch.sum(x))
    axis = axes[0]
    return task(lambda: torch.sum(x, axis))


def argmax(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: torch.argmax(x))


def softmax(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: torch.softmax(x, -1))


def layer_norm(_, inputs):
    x, gamma, beta = map(tensor, inputs)
    shape = x.shape[-1:]
    return task(lambda: F.layer_norm(x, shape, gamma, beta, 1e-5))


def cross_entropy(_, inputs):
    x, labels = map(tensor, inputs)
    labels = labels.long()
    return task(lambda: F.cross_entropy(x, labels, reduction="none"))


def transpose(params, inputs):
    x = tensor(inputs[0])
    perm = params["perm"]
    return task(lambda: x.permute(perm).contiguous())


def reshape(params, inputs):
    x = tensor(inputs[0])
    shape = params["shape"]
    return task(lambda: torch.reshape(x, shape))


def copy(_, inputs):
    x = tensor(inputs[0])
    return task(lambda: x.clone())


def concat(_, inputs):
    parts = [tensor(t) for t in inputs]
    return task(lambda: torch.cat(parts))


def gather(_, inputs):
    table, indices = map(tensor, inputs)
    indices = indices.long()
    return task(lambda: F.embedding(indices, table))


def sparse_update(params, inputs):
    table, indices, updates = map(tensor, inputs)
    indices = indices.long()
    rate = params["rate"]

    def check(_):
        return outputs(torch.zeros_like(table).index_add_(0, indices, updates, alpha=-rate))

    return Task(lambda: table.index_add_(0, indices, updates, alpha=-rate), check)


def random(params, _):
    n = params["n"]
    if params["f"] == "normal":
        return task(lambda: torch.randn(n))
    return task(lambda: torch.rand(n))


def sort(_, inputs):
    x = tensor(inputs[0])
    return Task(lambda: torch.sort(x), lambda result: outputs(result[0]))


def top_k(params, inputs):
    x = tensor(inputs[0])
    k = params["k"]
    return Task(lambda: torch.topk(x, k), lambda result: outputs(result[0]))


# Images are converted from NHWC to the faster layout, and back for the comparison.


def image_outputs(t):
    return outputs(t.permute(0, 2, 3, 1))


def in_layouts(make, back):
    """The faster of the two layouts; make(layout) returns a function."""
    name, run = fastest([(name, make(layout)) for name, layout in LAYOUTS])
    return Task(run, back, note=name)


def conv_options(params):
    if params["padding"] == "VALID":
        padding = 0
    else:
        padding = params["before"]
    return {"stride": params["stride"], "padding": padding, "dilation": params["dilation"], "groups": params["groups"]}


def conv2d(params, inputs):
    options = conv_options(params)

    def make(layout):
        x, w = image(inputs[0], layout), filters(inputs[1], layout)
        return lambda: F.conv2d(x, w, **options)

    return in_layouts(make, image_outputs)


def gradient(f, source, dy):
    """The gradient of f(source) for the upstream gradient dy, from a graph that is recorded once."""
    source.requires_grad_(True)
    y = f(source)
    return lambda: torch.autograd.grad(y, source, dy, retain_graph=True)[0]


def conv2d_input_gradient(params, inputs):
    options = conv_options(params)
    b, h, w_, c = params["x"]

    def make(layout):
        dy, w = image(inputs[0], layout), filters(inputs[1], layout)
        x = torch.zeros(b, c, h, w_).contiguous(memory_format=layout)
        return gradient(lambda x: F.conv2d(x, w, **options), x, dy)

    return in_layouts(make, image_outputs)


def conv2d_filter_gradient(params, inputs):
    options = conv_options(params)
    kh, kw, cin, cout = params["w"]

    def make(layout):
        x, dy = image(inputs[0], layout), image(inputs[1], layout)
        w = torch.zeros(cout, cin, kh, kw).contiguous(memory_format=layout)
        return gradient(lambda w: F.conv2d(x, w, **options), w, dy)

    return in_layouts(make, lambda t: outputs(t.permute(2, 3, 1, 0)))


POOLS = {"max": F.max_pool2d, "avg": F.avg_pool2d}


def pool(params, inputs):
    f = POOLS[params["f"]]

    def make(layout):
        x = image(inputs[0], layout)
        return lambda: f(x, 2)

    return in_layouts(make, image_outputs)


def pool_gradient(params, inputs):
    f = POOLS[params["f"]]

    def make(layout):
        x, dy = image(inputs[0], layout), image(inputs[1], layout)
        return gradient(lambda x: f(x, 2), x, dy)

    return in_layouts(make, image_outputs)


def batch_norm(params, inputs):
    gamma, beta = map(tensor, inputs[1:])
    epsilon = params["epsilon"]

    def make(layout):
        x = image(inputs[0], layout)
        return lambda: F.batch_norm(x, None, None, gamma, beta, True, 0.1, epsilon)

    return in_layouts(make, image_outputs)


# Training.

globals().update(training_kinds())
globals().update(network_kinds())
