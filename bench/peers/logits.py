"""Evaluates one model in PyTorch and in transinv on the same images, and compares every logit.

    /usr/bin/python3 bench/peers/logits.py ARCHIVE.tar.gz                     # PyTorch's weights, read by transinv
    /usr/bin/python3 bench/peers/logits.py ARCHIVE.tar.gz --model FILE        # transinv's weights, read by PyTorch

Without --model a network is initialised here, its running statistics are moved by some training images, and its
whole state_dict, batch counters included, becomes a safetensors file for `transinv evaluate`. With --model PyTorch
loads the file with strict=True. ARCHIVE is a CIFAR binary archive; a subset also needs --catalog.
"""
import argparse
import os
import subprocess
import sys
import tempfile

import numpy
import torch

from cifar import data_set, normalise, read_part
from state_file import read_state, reader_name, write_state
from wideresnet import WideResNet, load_network, shape_from_state


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("archive")
    parser.add_argument("--model", help="a safetensors file that transinv wrote")
    parser.add_argument("--depth", type=int, default=16, help="of the network initialised here")
    parser.add_argument("--widen", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--binary", default="build/transinv")
    parser.add_argument("--catalog", help="passed on to transinv")
    parser.add_argument("--device", help="passed on to transinv")
    parser.add_argument("--tolerance", type=float, default=1e-5, help="of the largest difference, per largest logit")
    return parser.parse_args()


def initialise(arguments, path):
    """A network that is not trained, but whose running statistics and classifier are no round numbers."""
    torch.manual_seed(arguments.seed)
    images, labels = (torch.from_numpy(array) for array in read_part(arguments.archive, "train"))
    network = WideResNet(arguments.depth, arguments.widen, int(labels.max()) + 1).train()
    with torch.no_grad():
        for batch in images[:500].split(100):
            network(normalise(batch))
    write_state(path, {name: value.numpy() for name, value in network.state_dict().items()})


@torch.no_grad()
def peer_logits(state, images, dtype):
    network = load_network(state).to(dtype)
    return torch.cat([network(normalise(batch).to(dtype)) for batch in images.split(250)]).numpy()


def our_logits(arguments, model, state, path):
    depth, widen, _ = shape_from_state(state)
    command = [arguments.binary, "evaluate", model, f"--depth={depth}", f"--widen={widen}", f"--logits={path}",
               f"--dataset={data_set(arguments.archive)}", f"--data={os.path.dirname(os.path.abspath(arguments.archive))}",
               f"--threads={arguments.threads}"]
    command += [f"--{name}={value}" for name, value in vars(arguments).items() if name in ("catalog", "device") and value]
    subprocess.run(command, check=True)
    return numpy.load(path)


def main():
    arguments = parse_arguments()
    torch.set_num_threads(arguments.threads)
    images, labels = read_part(arguments.archive, "test")
    with tempfile.TemporaryDirectory() as folder:
        model = arguments.model or os.path.join(folder, "initialised.safetensors")
        if not arguments.model:
            initialise(arguments, model)
        state = read_state(model)
        ours = our_logits(arguments, model, state, os.path.join(folder, "logits.npy"))
    print("WRN-{}-{}, {} classes, {} test images; written by {}, read by {}; torch {}".format(
        *shape_from_state(state), len(images), "transinv" if arguments.model else "PyTorch", reader_name(),
        torch.__version__))
    worst, largest = 0.0, 0.0
    for dtype in (torch.float32, torch.float64):
        theirs = peer_logits(state, torch.from_numpy(images), dtype)
        if ours.shape != theirs.shape:
            sys.exit(f"shapes differ: ours {ours.shape}, PyTorch's {theirs.shape}")
        difference = numpy.abs(ours - theirs).max()
        worst, largest = max(worst, difference) if difference == difference else numpy.inf, numpy.abs(theirs).max()
        same = (ours.argmax(1) == theirs.argmax(1)).sum()
        print(f"{dtype}: largest |logit| {largest:.4f}, largest difference {difference:.3g}, "
              f"same class for {same} of {len(images)}, PyTorch's accuracy {100 * (theirs.argmax(1) == labels).mean():.2f} %")
    if not worst <= arguments.tolerance * largest:
        sys.exit(f"difference {worst:.3g} is above {arguments.tolerance:g} x {largest:.4g}")


if __name__ == "__main__":
    main()
