#!/bin/bash
# gpu-check.sh: everything that a GPU is needed for, in ten minutes at most: the device's figures, the tests of every
# kernel, identical weights twice, training speed for 1, 2, 4 and 8 networks, PyTorch's by turns with ours, cuDNN's and
# cuBLASLt's kernels beside ours, compute-sanitizer on a training step.
# Usage: gpu-check.sh [STAGE...], from the folder `make gpu-bundle` made, or from anywhere by its path.
# Results go to $OUT (default build/gpu-check): summary.txt and at most seven more. What a stage lacks it says and skips. The
# exit status is 1 when a stage failed; a speed that was not reached is told and fails nothing.
# shellcheck disable=SC2317 # stages are called through bash -c
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-build/gpu-check}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
LD_LIBRARY_PATH=$here "$here/xz" -dc "$here/payload.tar.xz" | tar -x -C "$work"
cd "$work"
export TRANSINV_GOLDEN=$work/tests/golden OUT_FOLDER=$out
failed=0
: >"$out/summary.txt"

say() {
    printf '%s\n' "$*" | tee -a "$out/summary.txt"
}

# stage NAME SECONDS COMMAND...: runs it with a limit, its output in a file of its name. The summary gets its last line, and
# every line that begins with "verdict:".
stage() {
    local name=$1 limit=$2 code=0 begin=$SECONDS
    shift 2
    if [ "${#wanted[@]}" -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    timeout --kill-after=5 "$limit" "$@" >"$out/$name.txt" 2>&1 || code=$?
    case $code in
    0) ;;
    124 | 137) echo "not done within $limit s" >>"$out/$name.txt" && failed=1 ;;
    *) failed=1 ;;
    esac
    say "$name: status $code, $((SECONDS - begin)) s: $(tail -n 1 "$out/$name.txt")"
    sed -n 's/^verdict: /  /p' "$out/$name.txt" | tee -a "$out/summary.txt"
}

# So many networks in lock step, as training has them. Requests on standard input.
step_speed() {
    bin/step-speed --backend cuda --precision bf16 --batch 128 --runs "$1"
}

run_tests() {
    bin/gpu-vendor --check || return
    TRANSINV_BACKEND=cuda TEST_TIMEOUT=120 scripts/run_tests bin/gpu-tests 4 ''
}

# Two processes, the same start, the same steps: the same weights to the last bit?
run_identical() {
    set -euo pipefail
    local runs first second
    for runs in 1 4; do
        first=$(echo 'digest 50' | step_speed "$runs" | grep '^parameters')
        second=$(echo 'digest 50' | step_speed "$runs" | grep '^parameters')
        if [ "$first" != "$second" ]; then
            printf '%s\n' "$first" "$second" "verdict: weights of $runs networks DIFFER after 50 steps, done twice"
            return 1
        fi
        echo "verdict: $runs networks, 50 steps, twice: identical weights (${first:11:16}...)"
    done
    echo 'identical weights twice'
}

# Medians of three rounds, each with every number of networks. One that was aimed at is held against it.
run_speed() {
    set -euo pipefail
    local round runs samples
    samples=$(mktemp)
    for round in 1 2 3; do
        for runs in 1 2 4 8; do
            echo 'run 2' | step_speed "$runs" | awk -v runs="$runs" '/^images_per_second/ { print runs, $2 }' >>"$samples"
        done
        echo "round $round done"
    done
    sort -k1n -k2n "$samples" | awk '
        { value[$1, ++count[$1]] = $2; if (count[$1] == 1) order[++kinds] = $1 }
        END {
            wanted[1] = 70000; wanted[4] = 120000
            for (i = 1; i <= kinds; i++) {
                runs = order[i]; median = value[runs, int((count[runs] + 1) / 2)]
                printf "verdict: %d networks: %d images/s", runs, median
                if (runs in wanted) printf ", wanted %d: %s", wanted[runs], (median >= wanted[runs] ? "reached" : "NOT reached")
                printf "\n"
            }
        }'
    echo "medians of 3 rounds, WRN-40-2, batch 128 a network"
}

run_peer() {
    if ! python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
        echo 'skipped: no PyTorch with CUDA on this machine'
        return
    fi
    TORCHINDUCTOR_CACHE_DIR=$PWD/inductor python3 peers/gpu_step_speed.py --binary bin/step-speed --batch 128 --limit 80
}

# Where Python packages keep NVIDIA's libraries.
vendor_folders() {
    python3 - 2>/dev/null <<'END' || true
import importlib.util, os
folders = []
for name in ("nvidia.cudnn", "nvidia.cublas", "nvidia.cuda_nvrtc", "nvidia.cu13", "torch"):
    try:
        found = importlib.util.find_spec(name)
    except ImportError:
        continue
    for place in (found.submodule_search_locations or []) if found else []:
        folders += [os.path.join(place, "lib")]
print(":".join(folder for folder in folders if os.path.isdir(folder)))
END
}

run_vendor() {
    TRANSINV_VENDOR_PATH=$(vendor_folders) bin/gpu-vendor --json "$OUT_FOLDER/vendor.json"
}

# WRN-10-1 for a few steps: one kernel by kernel, the others as a graph.
run_sanitizer() {
    local tool='' check code=0 log
    log=$(mktemp)
    for tool in /usr/local/cuda*/bin/compute-sanitizer "$(command -v compute-sanitizer || true)"; do
        [ -x "$tool" ] && break
    done
    if [ ! -x "$tool" ]; then
        echo 'skipped: no compute-sanitizer on this machine'
        return
    fi
    for check in memcheck racecheck synccheck; do
        if echo 'digest 3' | timeout 30 "$tool" --tool "$check" --error-exitcode 9 bin/step-speed \
            --backend cuda --precision bf16 --depth 10 --widen 1 --batch 8 >"$log" 2>&1; then
            echo "verdict: $check: nothing found"
        elif grep -q 'Device not supported' "$log"; then # some virtual machines
            cat "$log"
            echo 'skipped: compute-sanitizer does not support this device'
            return
        else
            cat "$log"
            echo "verdict: $check: FAILED, see sanitizer.txt"
            code=1
        fi
    done
    echo "compute-sanitizer on a WRN-10-1 step: $([ "$code" -eq 0 ] && echo clean || echo NOT clean)"
    return "$code"
}

wanted=("$@")
machine=$(nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,power.limit,temperature.gpu --format=csv,noheader 2>/dev/null |
    head -n 1) || true
say "machine: ${machine:-no nvidia-smi}; commit $(cat commit)"
export -f run_tests run_identical run_speed run_peer run_vendor run_sanitizer step_speed vendor_folders
stage probe 40 bin/probe
stage tests 170 bash -c run_tests
stage identical 30 bash -c run_identical
stage speed 60 bash -c run_speed
stage peer 140 bash -c run_peer
stage vendor 50 bash -c run_vendor
stage sanitizer 100 bash -c run_sanitizer
say "gpu-check: $([ "$failed" -eq 0 ] && echo every stage passed || echo a stage FAILED)"
exit "$failed"
