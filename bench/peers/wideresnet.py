"""WideResNet-d-k in PyTorch, with the tensor names that transinv writes.

The peer of harness/network.c: pre-activation blocks, a 1x1 shortcut of the activated input where the width changes,
no biases in convolutions, no dropout (Zagoruyko and Komodakis, "Wide Residual Networks", 2016).
"""
import torch
from torch import nn
from torch.nn import functional


def conv3x3(channels_in, channels_out, stride=1):
    return nn.Conv2d(channels_in, channels_out, 3, stride, padding=1, bias=False)


class Block(nn.Module):
    def __init__(self, channels_in, channels_out, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = conv3x3(channels_in, channels_out, stride)
        self.bn2 = nn.BatchNorm2d(channels_out)
        self.conv2 = conv3x3(channels_out, channels_out)
        if channels_in != channels_out:
            self.conv_shortcut = nn.Conv2d(channels_in, channels_out, 1, stride, bias=False)
        else:
            self.conv_shortcut = None

    def forward(self, x):
        activated = functional.relu(self.bn1(x))
        out = self.conv2(functional.relu(self.bn2(self.conv1(activated))))
        return out + (x if self.conv_shortcut is None else self.conv_shortcut(activated))


class Group(nn.Module):
    """Blocks of one width; the first one changes width and resolution."""

    def __init__(self, blocks, channels_in, channels_out, stride):
        super().__init__()
        self.layer = nn.Sequential(
            Block(channels_in, channels_out, stride),
            *[Block(channels_out, channels_out, 1) for _ in range(blocks - 1)])

    def forward(self, x):
        return self.layer(x)


class WideResNet(nn.Module):
    """Images (N, 3, 32, 32) to logits (N, classes)."""

    def __init__(self, depth, widen, classes):
        super().__init__()
        if depth < 10 or (depth - 4) % 6 != 0 or widen < 1:
            raise ValueError(f"depth {depth}, widen {widen}: depth must be 6 n + 4 and at least 10, widen at least 1")
        blocks = (depth - 4) // 6
        widths = [16 * widen, 32 * widen, 64 * widen]
        self.conv1 = conv3x3(3, 16)
        self.block1 = Group(blocks, 16, widths[0], 1)
        self.block2 = Group(blocks, widths[0], widths[1], 2)
        self.block3 = Group(blocks, widths[1], widths[2], 2)
        self.bn1 = nn.BatchNorm2d(widths[2])
        self.fc = nn.Linear(widths[2], classes)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x):
        x = self.block3(self.block2(self.block1(self.conv1(x))))
        return self.fc(functional.relu(self.bn1(x)).mean(dim=(2, 3)))


def shape_from_state(state):
    """(depth, widen, classes) of the network whose tensors these are."""
    blocks = 1 + max(int(name.split(".")[2]) for name in state if name.startswith("block1.layer."))
    widen = state["block1.layer.0.conv1.weight"].shape[0] // 16
    return 6 * blocks + 4, widen, state["fc.weight"].shape[0]


def load_network(state):
    """A network in inference mode with exactly these tensors. PyTorch's batch counters are not part of the files."""
    network = WideResNet(*shape_from_state(state))
    counters = {name: value for name, value in network.state_dict().items() if name.endswith("num_batches_tracked")}
    network.load_state_dict({**counters, **{name: torch.from_numpy(value) for name, value in state.items()}}, strict=True)
    return network.eval()
