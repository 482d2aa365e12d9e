"""Times the training step, or inference, of a WideResNet in PyTorch and in transinv, by turns, on the same work.

    make build/bench/step-speed && /usr/bin/python3 bench/peers/step_speed.py

A step is forward, cross entropy, backward and a Nesterov SGD update of all parameters in float32, from a batch that
is already in memory. With --precision bf16 PyTorch runs under torch.autocast, as its users would; --inference is
the forward pass with running statistics. Every round measures each of them for a few seconds after one untimed step; what counts is the
ratio within a round, since the machine's speed drifts between rounds.
"""
import argparse
import platform
import re
import statistics
import subprocess
import time

import torch
from torch.nn import functional

from wideresnet import WideResNet

LAYOUTS = {"channels_last": torch.channels_last, "contiguous": torch.contiguous_format}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="build/bench/step-speed")
    parser.add_argument("--backend", default="cpu")
    parser.add_argument("--depth", type=int, default=40)
    parser.add_argument("--widen", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--inference", action="store_true", help="the forward pass alone")
    parser.add_argument("--layouts", default="channels_last,contiguous", help="of PyTorch's tensors, comma-separated")
    parser.set_defaults(runs=1)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    return parser.parse_args()


class Ours:
    """bench/peers/step_speed.c in a process of its own, which sleeps between its turns."""

    def __init__(self, arguments):
        names = ("depth", "widen", "batch", "classes", "threads", "backend", "precision", "runs")
        command = [arguments.binary] + [f"--{name}={getattr(arguments, name)}" for name in names]
        command += ["--inference"] if arguments.inference else []
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
        self.name = "transinv " + " ".join(self.answer("ready")[:1])

    def answer(self, keyword):
        words = self.process.stdout.readline().split()
        if not words or words[0] != keyword:
            raise SystemExit(f"{self.process.args[0]}: ended, or answered {words!r} where {keyword!r} was expected")
        return words[1:]

    def measure(self, seconds):
        self.process.stdin.write(f"run {seconds}\n")
        return float(self.answer("images_per_second")[0])


class Peer:
    """The same step in PyTorch, in one memory layout."""

    def __init__(self, arguments, layout):
        torch.manual_seed(1)
        self.name = f"PyTorch {layout}"
        self.network = WideResNet(arguments.depth, arguments.widen, arguments.classes).to(memory_format=LAYOUTS[layout])
        self.optimiser = torch.optim.SGD(self.network.parameters(), 1e-3, 0.9, nesterov=True, weight_decay=5e-4)
        images = torch.rand(arguments.batch, 3, 32, 32) * 2 - 1
        self.images = images.contiguous(memory_format=LAYOUTS[layout])
        self.labels = torch.randint(0, arguments.classes, (arguments.batch,))
        self.bf16 = arguments.precision == "bf16"
        self.network.train(not arguments.inference)

    def autocast(self):
        return torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.bf16)

    def infer(self):
        with torch.inference_mode(), self.autocast():
            self.network(self.images)

    def train(self):
        with self.autocast():
            loss = functional.cross_entropy(self.network(self.images), self.labels)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()

    def measure(self, seconds):
        step = self.train if self.network.training else self.infer
        step()
        start, steps, elapsed_seconds = time.monotonic(), 0, 0.0
        while steps == 0 or elapsed_seconds < seconds:
            step()
            steps += 1
            elapsed_seconds = time.monotonic() - start
        return steps * len(self.images) / elapsed_seconds


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, statistics.median(values), high


def processor_name():
    with open("/proc/cpuinfo") as file:
        names = re.findall(r"^model name\s*: (.*)$", file.read(), re.MULTILINE)
    return names[0] if names else platform.processor()


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    ours = Ours(arguments)
    peers = [Peer(arguments, layout) for layout in arguments.layouts.split(",")]
    onednn = re.search(r"v\d+\.\d+\.\d+", torch.__config__.show())
    print(f"WRN-{arguments.depth}-{arguments.widen}, batch {arguments.batch}, {arguments.classes} classes, "
          f"{arguments.threads} threads, {arguments.precision}, {'inference' if arguments.inference else 'training'}, "
          f"{arguments.rounds} rounds of {arguments.seconds:g} s")
    print(f"{processor_name()}; Python {platform.python_version()}, torch {torch.__version__}, "
          f"oneDNN {onednn.group() if onednn else 'unknown'}")

    subjects = [ours] + peers
    speeds = {subject.name: [] for subject in subjects}
    for number in range(arguments.rounds):
        for subject in subjects:
            speeds[subject.name].append(subject.measure(arguments.seconds))
        print(f"round {number + 1}: " + ", ".join(f"{name} {values[-1]:.1f}" for name, values in speeds.items()), flush=True)

    print("\nimages/s (lower quartile, median, upper quartile)")
    for name, values in speeds.items():
        print("  {:24} {:8.1f} {:8.1f} {:8.1f}".format(name, *quartiles(values)))
    print(f"{ours.name} as a multiple of")
    best = [max(values) for values in zip(*(speeds[peer.name] for peer in peers))]
    for name, values in [(peer.name, speeds[peer.name]) for peer in peers] + [("the faster one", best)]:
        ratios = [mine / theirs for mine, theirs in zip(speeds[ours.name], values)]
        print("  {:24} {:8.3f} {:8.3f} {:8.3f}".format(name, *quartiles(ratios)))


if __name__ == "__main__":
    main()
