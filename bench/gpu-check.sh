#!/bin/bash
# gpu-check.sh: everything that a GPU is needed for, in ten minutes at most: the device's figures, the tests of every
# kernel, compute-sanitizer on a training step, training speed for 1, 2, 4 and 8 networks, PyTorch's beside it.
# Usage: gpu-check.sh [STAGE...], from the folder `make gpu-bundle` made, or from anywhere by its path.
# Results go to $OUT (default build/gpu-check): one file a stage, and summary.txt. What a stage lacks it says and skips.
# shellcheck disable=SC2317 # stages are called through bash -c
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
out=${OUT:-build/gpu-check}
mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
tar -xzf "$here/payload.tar.gz" -C "$work"
cd "$work"
export LD_LIBRARY_PATH="$work/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
export TRANSINV_GOLDEN=$work/tests/golden
: >"$out/summary.txt"
failed=0

say() {
    printf '%s\n' "$*" | tee -a "$out/summary.txt"
}

# stage NAME SECONDS COMMAND...: runs it with a limit; its last line goes to the summary.
stage() {
    local name=$1 limit=$2 code=0 begin=$SECONDS
    shift 2
    if [ "${#wanted[@]}" -gt 0 ] && [[ " ${wanted[*]} " != *" $name "* ]]; then return; fi
    timeout --kill-after=5 "$limit" "$@" >"$out/$name.txt" 2>&1 || code=$?
    [ "$code" -eq 0 ] || failed=1
    say "$name: status $code, $((SECONDS - begin)) s: $(tail -n 1 "$out/$name.txt")"
}

run_gpu_tests() {
    TRANSINV_BACKEND=cuda TEST_TIMEOUT=120 scripts/run_tests bin/gpu-tests 1 ''
}

run_sanitizer() {
    set -euo pipefail
    local tool candidate
    tool=$(command -v compute-sanitizer || true)
    for candidate in /usr/local/cuda*/bin/compute-sanitizer; do
        if [ -x "$candidate" ]; then tool=$candidate; fi
    done
    if [ -z "$tool" ]; then
        echo 'skipped: no compute-sanitizer on this machine'
        return
    fi
    local check
    for check in memcheck racecheck synccheck; do
        echo 'run 0.01' | "$tool" --tool "$check" --error-exitcode 9 bin/step-speed -k cuda -p bf16 -d 10 -w 1 -b 8
    done
    echo 'memcheck, racecheck, synccheck: nothing found'
}

run_speed() {
    local runs
    set -euo pipefail
    for runs in 1 2 4 8; do
        printf 'run 5\nrun 5\nrun 5\n' | bin/step-speed -k cuda -p bf16 -b 128 -r "$runs" >samples
        printf '%s runs, batch 128 each: %s\n' "$runs" "$(grep images samples | sort -k2 -n | sed -n 2p)"
    done >speeds
    cat speeds
    awk '{ printf "%s%s: %d images/s", separator, $1, $NF; separator = ", " } END { print "" }' speeds
}

run_peer() {
    if ! python3 -c 'import torch; assert torch.cuda.is_available()' 2>/dev/null; then
        echo 'skipped: no PyTorch with CUDA on this machine'
        return
    fi
    python3 peers/gpu_step_speed.py --batch 128
}

wanted=("$@")
nvidia-smi --query-gpu=name,driver_version,clocks.sm,clocks.mem,power.limit,temperature.gpu --format=csv,noheader \
    >"$out/machine.txt" 2>&1 || echo 'no nvidia-smi' >"$out/machine.txt"
say "machine: $(head -n 1 "$out/machine.txt"); commit $(cat commit)"
export -f run_gpu_tests run_sanitizer run_speed run_peer
stage probe 60 bin/probe
stage tests 240 bash -c run_gpu_tests
stage speed 90 bash -c run_speed
stage sanitizer 90 bash -c run_sanitizer
stage peer 110 bash -c run_peer
exit "$failed"
