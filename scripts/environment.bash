# Makes the virtual environment of this checkout; read by scripts/run and scripts/test, not run by itself.
#
# ensure_environment plain|dev leaves a .venv with the project installed (editable) and its programs in $venv/bin.
# The stamp in it says what it was made from, so that a second start costs two small programs and no Python.

root=$(cd -- "${BASH_SOURCE[0]%/*}/.." && pwd -P)
venv=$root/.venv
stamp=$venv/.made-from

# Debian leaves the administrators' folders out of an ordinary user's PATH, and nft is there.
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$@"
    exit 3
}

ensure_environment() {
    local extra=$1 wanted
    # The checkout's own path counts too: the programs of an environment do not survive being moved.
    wanted=$(sha256sum "$root/pyproject.toml")
    wanted="${wanted%% *} $root"
    _is_made "$wanted" "$extra" && return
    # Of two scripts started at once, one makes the environment and the other waits.
    exec 9<"$root"
    if command -v flock >/dev/null; then flock 9; fi
    if ! _is_made "$wanted" "$extra"; then _make "$wanted" "$extra"; fi
    exec 9<&-
}

# Prints how to get what the embedded cluster needs of the system and is not here; installs nothing.
mention_missing_tools() {
    local packages=() tool
    for tool in unshare:util-linux ip:iproute2 nft:nftables; do
        command -v "${tool%%:*}" >/dev/null || packages+=("${tool##*:}")
    done
    if ((${#packages[@]})) && command -v apt-get >/dev/null; then
        say "The embedded cluster needs: apt-get install ${packages[*]}"
    fi
}

_is_made() {
    local hash made
    [[ -r $stamp ]] && { read -r hash && read -r made; } <"$stamp" || return 1
    # An environment with the tools of development serves for plain runs as well.
    [[ $hash == "$1" && ($made == "$2" || $made == dev) ]]
}

_make() {
    local python log=$venv/.install.log what=$root
    if [[ -r $stamp && $(sed -n 2p "$stamp") == dev ]]; then set -- "$1" dev; fi
    [[ $2 == plain ]] || what="$root[$2]"
    if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1 || ! _new_enough "$venv/bin/python"; then
        python=$(_newest_python)
        "$python" -c 'import ensurepip, venv' 2>/dev/null || die "$python cannot make virtual environments:" \
            "its venv module is missing (Debian and Ubuntu: apt-get install python3-venv)"
        say "Making .venv with $("$python" --version) (once; about a minute)"
        "$python" -m venv --clear "$venv"
    else
        say "Bringing .venv up to date with pyproject.toml"
    fi
    rm -f "$stamp"
    if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --editable "$what" >"$log" 2>&1; then
        cat "$log" >&2
        rm -f "$log"
        die "pip could not install the project; its own words are above"
    fi
    rm -f "$log"
    # pip compiles what it installs, and not what is editable: the first run would, or every one where Python may not
    # write next to its sources.
    "$venv/bin/python" -m compileall -q "$root/conformance" || true
    printf '%s\n' "$1" "$2" >"$stamp"
}

_new_enough() {
    # Only finished versions: the libraries have no wheels for others.
    "$1" -c 'import sys
raise SystemExit(sys.version_info < (3, 11) or sys.version_info.releaselevel != "final")' 2>/dev/null
}

_newest_python() {
    local name names=(python3.{20..11} python3 python)
    if [[ ${PYTHON:-} ]]; then names=("$PYTHON"); fi
    for name in "${names[@]}"; do
        if command -v "$name" >/dev/null && _new_enough "$name"; then
            command -v "$name"
            return
        fi
    done
    die "Python 3.11 or newer is needed, and ${PYTHON:-python3} is $(_version "${PYTHON:-python3}")." \
        "Install one (Debian 12, Ubuntu 24.04 and newer: apt-get install python3 python3-venv), or name it: PYTHON=/path/to/python3"
}

_version() {
    if command -v "$1" >/dev/null; then "$1" --version 2>&1 || true; else echo "not there"; fi
}
