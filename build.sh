#!/usr/bin/env bash
# Make everything on a bare Debian machine: toolchains (with apt when root), the ports, and .venv/bin/parity.
#   ./build.sh           build
#   ./build.sh parity    build, then the main job: every port against the reference, on real candles too
#   ./build.sh test      build, then the whole test suite
#   ./build.sh night     build, and take what a night's coverage needs besides (.ci/nightly)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

APT_PACKAGES=(
  ghc cabal-install g++ hlint
  libghc-aeson-dev libghc-double-conversion-dev libghc-hspec-dev libghc-quickcheck2-dev
  libghc-scientific-dev libghc-vector-dev
)
# The ledger's tests start a server of their own; the parity of the ports does not need it.
DATABASE_PACKAGES=(postgresql)
# The tests of the dashboard open its pages; whoever looks at it has a browser.
BROWSER_PACKAGES=(chromium chromium-driver)
# The tests of the workflows check them with actionlint, which is a Go module.
GO_PACKAGES=(golang-go)
ACTIONLINT=github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
PYTHON_PACKAGES=(python3 python3-venv)
# Debian's `cargo` is older than pyo3 allows on bookworm, whose newer one is `cargo-web`; later releases have one only.
RUST_PACKAGES=(cargo rustc rust-clippy rustfmt)
RUST_WEB_PACKAGES=(cargo-web rustc-web rust-web-clippy rustfmt-web)
RUST_MIN=1.83

# What the stages print; it is shown where one of them fails.
LOG=.cache/build.log
HASKELL_LOG=.cache/haskell.log
mkdir -p .cache

say() { printf '== %s\n' "$*"; }
fail() { printf 'build.sh: %s\n' "$*" >&2; exit 3; }

# stage WHAT COMMAND...: one line, and the command's output only if it fails.
stage() {
  local what=$1
  shift
  say "$what"
  if ! "$@" >"$LOG" 2>&1; then
    tail -n 60 "$LOG" >&2
    fail "$what failed; the lines above are the last of $LOG"
  fi
}

missing_packages() {
  local package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || printf '%s\n' "$package"
  done
}

apt_install() {
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$@"
}

install_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] && return
  command -v apt-get >/dev/null || fail "needs ${missing[*]}; install them with this system's package manager"
  [ "$(id -u)" -eq 0 ] || fail "needs ${missing[*]}; run: sudo apt-get install --no-install-recommends ${missing[*]}"
  stage "installing ${missing[*]}" apt_install "${missing[@]}"
}

usable_python() {
  local candidate
  for candidate in python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
}

usable_rust() {
  local tool version
  for tool in rustc cargo rustfmt cargo-clippy; do
    command -v "$tool" >/dev/null || return 1
  done
  version=$(rustc --version | cut -d' ' -f2)
  [ "$(printf '%s\n' "$RUST_MIN" "$version" | sort -V | head -n1)" = "$RUST_MIN" ]
}

install_rust() {
  usable_rust && return
  if command -v apt-cache >/dev/null; then
    if [ "$(id -u)" -eq 0 ]; then apt-get update -qq >"$LOG" 2>&1; fi
    if apt-cache show cargo-web >/dev/null 2>&1; then
      install_packages "${RUST_WEB_PACKAGES[@]}"
    else
      install_packages "${RUST_PACKAGES[@]}"
    fi
  fi
  usable_rust || fail "needs Rust $RUST_MIN or newer with cargo, clippy and rustfmt, as rustup installs them"
}

# What reads the Rust port's coverage has to be of rustc's own LLVM; where the distribution has none, it is reported as missing.
install_llvm_tools() {
  local major sysroot
  major=$(rustc -vV | sed -n 's/^LLVM version: \([0-9]*\).*/\1/p')
  sysroot=$(rustc --print sysroot)
  if compgen -G "$sysroot/lib/rustlib/*/bin/llvm-cov" >/dev/null; then return; fi
  # A toolchain of rustup's has tools of its own, of the very version.
  if [[ $sysroot == */toolchains/* ]] && rustup -q component add llvm-tools >"$LOG" 2>&1; then return; fi
  if [ -n "$major" ] && apt-cache show "llvm-$major" >/dev/null 2>&1; then install_packages "llvm-$major"; fi
}

# Where it cannot be had, the tests that need it are reported as missing.
install_actionlint() {
  [ -x .cache/bin/actionlint ] && return
  command -v go >/dev/null || install_packages "${GO_PACKAGES[@]}"
  say "building actionlint"
  if ! GOBIN="$PWD/.cache/bin" GOPATH="$PWD/.cache/go" GOFLAGS="-modcacherw" go install "$ACTIONLINT" >"$LOG" 2>&1; then
    tail -n 3 "$LOG"
    say "actionlint is missing"
  fi
}

build_rust() {
  install_rust
  stage "building the Rust detector" doge-hmm/build
}

build_haskell() {
  if command -v dpkg-query >/dev/null; then
    install_packages "${APT_PACKAGES[@]}"
  elif ! command -v cabal >/dev/null; then
    fail "needs GHC 9.0 or newer and cabal 3.4 or newer"
  fi
  stage "building the Haskell reducer" doge-core/build
  stage "building the Haskell reducer's library" doge-core/inproc/build
}

build_python() {
  local python
  python=$(usable_python)
  if [ -z "$python" ]; then
    install_packages "${PYTHON_PACKAGES[@]}"
    python=$(usable_python)
    [ -n "$python" ] || fail "needs Python 3.11 or newer with venv"
  fi
  stage "making .venv" make_venv "$python"
}

# Called by `stage`, where `set -e` does not hold: each step has to be asked whether it failed.
make_venv() {
  if ! .venv/bin/python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    rm -rf .venv
    "$1" -m venv .venv || return
  fi
  if ! cmp -s requirements.lock .venv/requirements.lock; then
    .venv/bin/python -m pip install -q --require-hashes -r requirements.lock && cp requirements.lock .venv/requirements.lock || return
  fi
  .venv/bin/python -m pip install -q --no-deps --no-build-isolation -e . || return
  # The extension lies beside its Python half; a path file finds both.
  printf '%s\n' "$PWD/doge-hmm/python" >"$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/doge-hmm.pth"
}

# The Haskell suite keeps one CPU busy for minutes, beside everything that is no Python test.
run_tests() {
  local haskell code=0
  stage "making the test environment" .venv/bin/tox -q -e suite --notest
  # A job of its own process group hears no Ctrl-C, and is ended with this script.
  set -m
  doge-core/check >"$HASKELL_LOG" 2>&1 &
  haskell=$!
  set +m
  trap 'kill -- "-$haskell" 2>/dev/null || :' EXIT
  .venv/bin/tox -q -e suite || code=1
  if wait "$haskell"; then
    say "haskell: OK"
  else
    code=1
    cat "$HASKELL_LOG"
    say "haskell: FAILED; the lines above are all of $HASKELL_LOG"
  fi
  trap - EXIT
  return "$code"
}

case "${1:-build}" in
  build | parity | test | night) ;;
  *) printf 'build.sh: unknown job %s; known: parity, test, night, or none to build only\n' "$1" >&2; exit 2 ;;
esac

build_haskell
build_rust
build_python
if command -v dpkg-query >/dev/null && [ "$(id -u)" -eq 0 ]; then
  case "${1:-build}" in
    test)
      install_packages "${DATABASE_PACKAGES[@]}" "${BROWSER_PACKAGES[@]}"
      install_llvm_tools
      install_actionlint ;;
    night) install_llvm_tools ;;
  esac
fi
say "built: .venv/bin/parity; . .venv/bin/activate puts parity on the PATH"
case "${1:-build}" in
  parity)
    stage "making the test environment" .venv/bin/tox -q -e parity --notest
    say "running the cases through every port, through slow ones a share of them; a few minutes"
    exec .venv/bin/tox -qq -e parity --skip-pkg-install ;;
  test) run_tests ;;
esac
