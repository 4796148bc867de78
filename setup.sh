#!/bin/bash
# SPDX-License-Identifier: BSD-2-Clause
#
# ./setup.sh run [arguments]   install what is missing, build, run tcpwhy; without arguments it
#                              reports on pcaps/demo.pcap
# ./setup.sh test              install what is missing, build, run every test
#
# For Debian 12. Packages are installed as root or with sudo, and only those that are missing.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

build_packages=(gcc libc6-dev meson ninja-build pkgconf git
    libpcap-dev libjansson-dev libncurses-dev libxxhash-dev zlib1g-dev libzstd-dev
    libnghttp2-dev libseccomp-dev libmicrohttpd-dev nettle-dev)
test_packages=(libcmocka-dev clang-14 libclang-rt-14-dev clang-format-14 mandoc
    python3 python3-jsonschema iproute2 nftables openssl tmux zstd util-linux
    strace prometheus prometheus-alertmanager
    python3-yaml logrotate systemd zsh fish)

say() {
    printf '%s\n' "$*" >&2
}

# Silent unless it fails.
quietly() {
    local log status=0

    log=$(mktemp)
    "$@" >"$log" 2>&1 || status=$?
    [ "$status" -eq 0 ] || cat "$log" >&2
    rm -f "$log"
    return "$status"
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

install_missing() {
    local package apt missing=()

    if ! command -v apt-get >/dev/null; then
        say "setup.sh: no apt-get here; please see to the likes of: $*"
        return 0
    fi
    for package; do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed ||
            missing+=("$package")
    done
    [ "${#missing[@]}" -gt 0 ] || return 0
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        say "setup.sh: to install ${missing[*]}, run this as root or install sudo"
        return 1
    fi
    say "installing ${missing[*]}"
    apt=(env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300)
    quietly as_root "${apt[@]}" update || say "setup.sh: the package index may be old"
    quietly as_root "${apt[@]}" install -y --no-install-recommends "${missing[@]}"
}

# configure FOLDER [meson options]: the options are also given to a folder that is there already.
configure() {
    local folder=$root/$1

    shift
    if [ -f "$folder/build.ninja" ]; then
        [ $# -eq 0 ] || quietly meson configure "$folder" "$@"
    else
        quietly meson setup "$folder" "$root" "$@"
    fi
}

command_run() {
    install_missing "${build_packages[@]}"
    [ -x "$root/build-run/app/tcpwhy" ] ||
        say "building tcpwhy in build-run/, the first time takes a while"
    # Optimised across files: a sixth less time for each packet than the build that tests use.
    configure build-run -Dbuildtype=release -Db_lto=true -Dtests=disabled
    quietly meson compile -C "$root/build-run" tcpwhy
    if [ $# -gt 0 ]; then
        exec "$root/build-run/app/tcpwhy" "$@"
    fi
    cd "$root"
    exec build-run/app/tcpwhy -r pcaps/demo.pcap
}

# ---- test ----

n_passed=0 n_failed=0 n_skipped=0

# step TITLE COMMAND...: one more passed or failed; 77 counts as skipped, as meson has it.
step() {
    local title=$1 begun=$SECONDS status=0 word

    shift
    say "---- $title"
    "$@" || status=$?
    case $status in
    0) word=passed n_passed=$((n_passed + 1)) ;;
    77) word=skipped n_skipped=$((n_skipped + 1)) ;;
    *) word=FAILED n_failed=$((n_failed + 1)) ;;
    esac
    say "---- $title: $word, $((SECONDS - begun)) s"
    [ "$status" -eq 0 ]
}

# Adds up what meson wrote about each test of a run.
count_tests() {
    local log=$1 n_all n_ok n_skip

    n_all=$(wc -l <"$log")
    n_ok=$(grep -cE '"result": "(OK|EXPECTEDFAIL)"' "$log" || true)
    n_skip=$(grep -c '"result": "SKIP"' "$log" || true)
    n_passed=$((n_passed + n_ok))
    n_skipped=$((n_skipped + n_skip))
    n_failed=$((n_failed + n_all - n_ok - n_skip))
}

# run_tests FOLDER TITLE [meson test arguments]
run_tests() {
    local folder=$1 title=$2 begun=$SECONDS log

    shift 2
    say "---- $title"
    rm -f "$root/$folder"/meson-logs/testlog*.json
    # Many wait for something most of the time.
    meson test -C "$root/$folder" --no-rebuild --print-errorlogs \
        --num-processes "$((2 * $(nproc)))" "$@" || true
    # With a wrapper it is testlog-WRAPPER.json.
    log=$(compgen -G "$root/$folder/meson-logs/testlog*.json" || true)
    if [ -f "$log" ]; then
        count_tests "$log"
    else
        n_failed=$((n_failed + 1))
    fi
    say "---- $title: $((SECONDS - begun)) s"
}

build_all() {
    local folder=$1 compiler=$2

    shift 2
    CC=$compiler configure "$folder" "$@" && quietly meson compile -C "$root/$folder"
}

# The sanitizer's address map and a kernel that scatters mappings widely do not go together.
run_tests_tsan() {
    local wrapper=()

    ! setarch "$(uname -m)" -R true 2>/dev/null || wrapper=(--wrapper "setarch $(uname -m) -R")
    run_tests build-tsan "tests of the threads with TSan" "${wrapper[@]}" \
        --suite base --suite app --suite threads
}

fuzz() {
    local seconds=$1 seeds target pids=() pid status=0

    seeds=$(mktemp -d)
    "$root/tests/fuzz/make_seeds" "$seeds"
    for target in "$root"/build-clang/tests/fuzz/fuzz_*; do
        [ ! -d "$target" ] || continue # the compiler's objects
        mkdir -p "$seeds/${target##*/}"
        (cd "$seeds" && "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
            -verbosity=0 -print_final_stats=1 "${target##*/}" 2>&1) &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || status=1
    done
    # What crashed a target is kept, all else is of no use.
    cp "$seeds"/crash-* "$seeds"/timeout-* "$seeds"/oom-* "$root/build-clang/" 2>/dev/null || true
    rm -rf "$seeds"
    return "$status"
}

# Real traffic in network namespaces, judged while it flows.
live() {
    local out status=0

    if [ "$(id -u)" -ne 0 ] || ! unshare --net true 2>/dev/null; then
        say "needs root and network namespaces"
        return 77
    fi
    out=$(mktemp -d)
    "$root/tests/lab/lab" live --out "$out/events" \
        --cmd "$root/build/app/tcpwhy -i {iface} --json --all -q -o {out}" &&
        "$root/tests/lab/score" --events "$out/events" --expect "$out/events.expect" || status=1
    rm -rf "$out"
    return "$status"
}

command_test() {
    install_missing "${build_packages[@]}" "${test_packages[@]}"

    if step "build with gcc" build_all build gcc -Dtests=enabled; then
        run_tests build "all tests"
        step "live" live || true
    fi
    if step "build with clang, ASan and UBSan" build_all build-clang clang-14 -Dtests=enabled \
        -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false; then
        run_tests build-clang "tests with ASan and UBSan" --no-suite lint --no-suite docs \
            --no-suite cli --no-suite packaging --no-suite soak --no-suite bench
        run_tests build-clang "the program with ASan and UBSan" --suite threads
        step "fuzz" fuzz 25 || true
    fi
    if step "build with gcc and TSan" build_all build-tsan gcc -Dtests=enabled \
        -Db_sanitize=thread; then
        run_tests_tsan
    fi
    printf '%d passed, %d failed, %d skipped\n' "$n_passed" "$n_failed" "$n_skipped"
    [ "$n_failed" -eq 0 ]
}

case ${1-} in
run)
    shift
    command_run "$@"
    ;;
test)
    command_test
    ;;
*)
    say "usage: setup.sh run [tcpwhy's arguments]"
    say "       setup.sh test"
    exit 2
    ;;
esac
