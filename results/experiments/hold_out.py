#!/usr/bin/env python3
"""Makes a CIFAR-100 whose test images are held-out training images, so that nothing is chosen on test images.

usage: hold_out.py DATA OUTPUT [COUNT]

DATA holds the CIFAR-100 archive that datasets/catalogs/cifar-subset.json describes. The folder OUTPUT receives an archive
of the same layout, whose test images are COUNT (500) of the training images, a fifth of each class, and catalog.json.
"""
import hashlib
import io
import json
import pathlib
import sys
import tarfile

RECORD = 2 + 3072  # coarse label, fine label, pixels
NAME = "cifar-100-binary-mini.tar.gz"


def split(records, count):
    """Every class gives its last images; which these are says the archive's order alone."""
    by_class = {}
    for record in records:
        by_class.setdefault(record[1], []).append(record)
    each = count // len(by_class)
    kept = [r for group in by_class.values() for r in group[:-each]]
    held = [r for group in by_class.values() for r in group[-each:]]
    return kept, held


def member(name, records):
    data = b"".join(records)
    info = tarfile.TarInfo("cifar-100-binary/" + name)
    info.size = len(data)
    return info, data


def main():
    if len(sys.argv) not in (3, 4):
        sys.exit(__doc__)
    output = pathlib.Path(sys.argv[2])
    output.mkdir(parents=True, exist_ok=True)
    with tarfile.open(pathlib.Path(sys.argv[1]) / NAME) as archive:
        data = archive.extractfile("cifar-100-binary/train.bin").read()
    records = [data[i:i + RECORD] for i in range(0, len(data), RECORD)]
    kept, held = split(records, int(sys.argv[3]) if len(sys.argv) == 4 else 500)
    members = []
    with tarfile.open(output / NAME, "w:gz") as archive:
        for part, name, chosen in (("train", "train.bin", kept), ("test", "test.bin", held)):
            info, content = member(name, chosen)
            archive.addfile(info, io.BytesIO(content))
            members.append({"name": info.name, "part": part, "records": len(chosen),
                            "md5": hashlib.md5(content).hexdigest()})
    packed = (output / NAME).read_bytes()
    catalog = {"files": [{"file": NAME, "dataset": "cifar-100", "size": len(packed),
                          "sha256": hashlib.sha256(packed).hexdigest(),
                          "remark": f"{len(kept)} training images of a subset of CIFAR-100, tested on {len(held)} others",
                          "members": members}]}
    (output / "catalog.json").write_text(json.dumps(catalog, indent=2) + "\n")


main()
