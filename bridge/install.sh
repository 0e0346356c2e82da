#!/bin/sh
# Installs: install.sh OUT PREFIX, under $DESTDIR. Man pages and bash completion are made of
# what each command's --help says: there is no second text to keep true.
set -eu
out=$1
prefix=$2
to=${DESTDIR:-}$prefix
vcosim=$out/vcosim

commands() { "$vcosim" --help | sed -n 's/^  \([a-z][a-z-]*\)  *\(.*\)/\1 \2/p'; }

# From a --help on stdin to a man page: name, what.
page() {
	awk -v name="$1" -v what="$2" '
		function safe(s) { gsub(/\\/, "\\e", s); gsub(/-/, "\\-", s); return s }
		function text(s) { s = safe(s); if (s ~ /^[.\047]/) s = "\\&" s; print s }
		function section(s) { if (s != at) print ".SH " s; at = s }
		BEGIN {
			print ".TH " toupper(name) " 1"
			print ".SH NAME"
			print safe(name) " \\- " safe(what)
		}
		/^usage: / { sub(/^usage: /, ""); section("SYNOPSIS"); print ".nf"; text($0); next }
		at == "SYNOPSIS" && /^       / { sub(/^ */, ""); text($0); next }
		at == "SYNOPSIS" { print ".fi"; section("DESCRIPTION"); print ".nf" }
		/^Exit status: / {
			print ".fi"
			section("EXIT STATUS")
			sub(/^Exit status: /, "")
			text($0)
			next
		}
		/^  [^ ]/ {
			if (at != "OPTIONS") { print ".fi"; section("OPTIONS") }
			sub(/^  /, "")
			cut = match($0, /  +/)
			print ".TP"
			print ".B " safe(cut ? substr($0, 1, cut - 1) : $0)
			if (cut)
				text(substr($0, cut + RLENGTH))
			next
		}
		at == "OPTIONS" && /^   / { sub(/^ */, ""); text($0); next }
		at == "OPTIONS" && /./ { print ".PP" }
		/./ { text($0); next }
		at == "DESCRIPTION" { print "" }
		END { print ".SH SEE ALSO"; print ".BR vcosim (1)" }
	'
}

completion() {
	echo '# bash completion for vcosim'
	echo '_vcosim() {'
	# shellcheck disable=SC2016 # bash reads these
	printf '\tlocal cur=${COMP_WORDS[COMP_CWORD]} words\n\tCOMPREPLY=()\n'
	# shellcheck disable=SC2016
	printf '\tcase ${COMP_CWORD}:${COMP_WORDS[1]} in\n'
	printf '\t1:*) words="%s help" ;;\n' "$(commands | cut -d' ' -f1 | tr '\n' ' ' | sed 's/ $//')"
	commands | while read -r name _; do
		printf '\t*:%s) words="%s" ;;\n' "$name" "$("$vcosim" "$name" --help |
			grep -oE -- '--[a-z][a-z-]*' | sort -u | tr '\n' ' ' | sed 's/ $//')"
	done
	# shellcheck disable=SC2016
	printf '\tesac\n\t[[ $cur == -* || $COMP_CWORD == 1 ]] && %s\n}\n' \
		'mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")'
	echo 'complete -o default -F _vcosim vcosim'
}

install -D -m 755 "$vcosim" "$to/bin/vcosim"
install -m 755 "$vcosim-waves" "$to/bin/vcosim-waves"
install -d "$to/share/vcosim/specs" "$to/share/vcosim/rtl" "$to/share/man/man1" "$to/share/bash-completion/completions" \
	"$to/lib/pkgconfig"
install -m 644 specs/*.ccsl specs/*.tsv "$to/share/vcosim/specs"
install -m 644 rtl/*.waves "$to/share/vcosim/rtl"
install -m 644 sim/virtio.lua "$to/share/vcosim/virtio.lua"
install -D -m 644 monitor/ccsl.h "$to/include/ccsl/ccsl.h"
install -m 644 "$out/lib/libccsl.a" "$to/lib/libccsl.a"

"$vcosim" --help | page vcosim "hardware virtio devices, validated before there is silicon" \
	>"$to/share/man/man1/vcosim.1"
commands | while read -r name what; do
	"$vcosim" "$name" --help | page "vcosim-$name" "$what" >"$to/share/man/man1/vcosim-$name.1"
done
completion >"$to/share/bash-completion/completions/vcosim"
cat >"$to/lib/pkgconfig/ccsl.pc" <<END
prefix=$prefix
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: ccsl
Description: CCSL: load specifications, step a monitor, explain its verdicts
Version: 0
Cflags: -I\${includedir}/ccsl
Libs: -L\${libdir} -lccsl
END
