"""Reads CIFAR binary archives (or subsets of them in the same layout) straight from the .tar.gz."""
import tarfile

import numpy

PIXELS = 3 * 32 * 32
# What a member's name begins with, and how many label bytes precede the pixels; the last of them is the class.
PARTS = {
    "cifar-10": {"train": ("data_batch_", 1), "test": ("test_batch", 1)},
    "cifar-100": {"train": ("train.bin", 2), "test": ("test.bin", 2)},
}


def data_set(path):
    """"cifar-10" or "cifar-100", by the members of the archive."""
    with tarfile.open(path) as archive:
        return "cifar-100" if any(name.endswith("/train.bin") for name in archive.getnames()) else "cifar-10"


def read_part(path, part):
    """(images, labels) of "train" or "test": bytes (N, 3, 32, 32) and classes (N), members in order of their names."""
    beginning, label_bytes = PARTS[data_set(path)][part]
    with tarfile.open(path) as archive:
        found = sorted(name for name in archive.getnames() if name.rsplit("/", 1)[-1].startswith(beginning))
        if not found:
            raise ValueError(f"{path}: no member named {beginning}*")
        content = b"".join(archive.extractfile(name).read() for name in found)
    records = numpy.frombuffer(content, numpy.uint8).reshape(-1, label_bytes + PIXELS)
    labels = records[:, label_bytes - 1].astype(numpy.int64)
    return records[:, label_bytes:].reshape(-1, 3, 32, 32).copy(), labels


def normalise(images):
    """N(v) = (v - 0.5) / 0.5 of values in 0..1: float32 from a torch tensor of bytes."""
    return (images.float() / 255 - 0.5) / 0.5
