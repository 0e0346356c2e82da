#!/bin/sh
# make install: what it puts in place works from there, without the checkout.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
to=$dir/usr

check "make install" env DESTDIR="$dir" bridge/install.sh "$VCOSIM_OUT" /usr
[ ! -x "$VCOSIM_OUT/vcosim-sc" ] || check "with vcosim-sc" [ -x "$to/bin/vcosim-sc" ]

# Built without libsystemc: the rest goes in, and it is said.
mkdir "$dir/without"
for f in "$VCOSIM_OUT"/*; do
	[ "${f##*/}" = vcosim-sc ] || ln -s "$(realpath "$f")" "$dir/without"
done
DESTDIR=$dir/bare bridge/install.sh "$dir/without" /usr >"$dir/said" 2>&1
check "without vcosim-sc it installs" [ $? = 0 ]
check "and says so" grep -qx '  INSTALL  without vcosim-sc: there was no libsystemc' "$dir/said"
missing() { (cd "$to" && find . -type f) | while read -r f; do [ -e "$dir/bare/usr/$f" ] || echo "$f"; done; }
check "and nothing else is missing" [ "$(missing | grep -vc vcosim-sc)" = 0 ]
check "and nothing of it is there" [ "$(find "$dir/bare" -name '*vcosim-sc*' | wc -l)" = 0 ]

cd "$dir" || exit 1
check "the program finds its specification" "$to/bin/vcosim" drive
check "it records" "$to/bin/vcosim" drive --trace "$dir/a.trace"
check "and shows waves of it" "$to/bin/vcosim" waves "$dir/a.trace" --around event:notify
check "with what they open on" grep -q 's_awvalid_i' "$dir/a.gtkw"
commands=$("$to/bin/vcosim" --help | sed -n 's/^  \([a-z][a-z-]*\)  .*/\1/p')
# shellcheck disable=SC2086 # words
check "there are commands" [ "$(echo $commands | wc -w)" -ge 4 ]

sound() { # page command...: groff has nothing to say, and every option is there
	[ -z "$(groff -man -Tascii -P-cbou -ww "$1" 2>&1 >"$dir/plain")" ] || return 1
	for option in $(shift && "$@" --help | grep -oE -- '^  --[a-z-]+'); do
		grep -q -- "$option" "$dir/plain" || { echo "$1 lacks $option"; return 1; }
	done
}
for command in $commands; do
	check "man vcosim-$command" sound "$to/share/man/man1/vcosim-$command.1" "$to/bin/vcosim" "$command"
done

cat >"$dir/complete.sh" <<'END'
. "$1"
COMP_WORDS=(vcosim serve --so) COMP_CWORD=2
_vcosim
[ "${COMPREPLY[*]}" = --socket ] || exit 1
COMP_WORDS=(vcosim ru) COMP_CWORD=1
_vcosim
[ "${COMPREPLY[*]}" = run ]
END
cat >"$dir/complete-sc.sh" <<'END'
. "$1"
COMP_WORDS=(vcosim-sc --no) COMP_CWORD=1
_vcosim_sc
[ "${COMPREPLY[*]}" = --no-dmi ] || exit 1
COMP_WORDS=(vcosim-sc --no-dmi re) COMP_CWORD=2
_vcosim_sc
[ "${COMPREPLY[*]}" = replay ] || exit 1
COMP_WORDS=(vcosim-sc --no-dmi drive --sc) COMP_CWORD=3
_vcosim_sc
[ "${COMPREPLY[*]}" = --scenario ]
END
check "bash completes" bash "$dir/complete.sh" "$to/share/bash-completion/completions/vcosim"

if [ -x "$to/bin/vcosim-sc" ]; then
	check "vcosim-sc finds its specification" "$to/bin/vcosim-sc" drive --target 1
	check "man vcosim-sc" sound "$to/share/man/man1/vcosim-sc.1" "$to/bin/vcosim-sc"
	check "bash completes vcosim-sc" bash "$dir/complete-sc.sh" \
		"$to/share/bash-completion/completions/vcosim-sc"
fi

cat >"$dir/use.c" <<'END'
#include <ccsl.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	const char *path = argv[argc - 1];
	struct ccsl_error err;
	struct ccsl_spec *spec = ccsl_load(&path, 1, NULL, NULL, &err);

	printf("%u\n", spec ? ccsl_rules(spec) : 0);
	ccsl_spec_free(spec);
	return !spec;
}
END
sanitize=
case $VCOSIM_OUT in */san) sanitize=-fsanitize=address,undefined ;; esac
build() {
	flags=$(PKG_CONFIG_PATH=$to/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$dir pkg-config --cflags --libs ccsl) ||
		return 1
	# shellcheck disable=SC2086 # flags
	gcc $sanitize -o "$dir/use" "$dir/use.c" $flags
}
check "a program against the library" build
check "and it loads the specification" "$dir/use" "$to/share/vcosim/specs/virtio.ccsl"
