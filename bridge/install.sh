#!/bin/sh
# Installs: install.sh OUT PREFIX, under $DESTDIR. Man pages and bash completion are made of
# what each command's --help says: there is no second text to keep true.
set -eu
out=$1
prefix=$2
to=${DESTDIR:-}$prefix
vcosim=$out/vcosim
sc=$out/vcosim-sc # where libsystemc was found

commands() { "$1" --help | sed -n 's/^  \([a-z][a-z-]*\)  *\(.*\)/\1 \2/p'; }
options() { "$@" --help | grep -oE -- '--[a-z][a-z-]*' | sort -u | tr '\n' ' ' | sed 's/ $//'; }

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

# For bash: of a program on the way to its command, then of the command.
# shellcheck disable=SC2016 # bash reads these
completion() {
	name=$(basename "$1")
	function=_$(echo "$name" | tr - _)
	echo "# bash completion for $name"
	echo "$function() {"
	printf '\tlocal cur=${COMP_WORDS[COMP_CWORD]} command= word words="%s %s"\n\tCOMPREPLY=()\n' \
		"$(commands "$1" | cut -d' ' -f1 | tr '\n' ' ' | sed 's/ $//')" "$(options "$1")"
	printf '\tfor word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do\n\t\tcase $word in\n'
	commands "$1" | while read -r command _; do
		printf '\t\t%s) words="%s" command=$word ;;\n' "$command" "$(options "$1" "$command")"
	done
	printf '\t\tesac\n\t\t[[ -z $command ]] || break\n\tdone\n\t[[ $cur == -* || -z $command ]] && %s\n}\n' \
		'mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")'
	echo "complete -o default -F $function $name"
}

install -D -m 755 "$vcosim" "$to/bin/vcosim"
install -m 755 "$vcosim-waves" "$to/bin/vcosim-waves"
install -d "$to/share/vcosim/specs" "$to/share/vcosim/rtl" "$to/share/man/man1" "$to/share/bash-completion/completions" \
	"$to/lib/pkgconfig"
install -m 644 specs/*.ccsl specs/*.tsv specs/*.profile "$to/share/vcosim/specs"
install -m 644 rtl/*.waves "$to/share/vcosim/rtl"
install -m 644 sim/virtio.lua "$to/share/vcosim/virtio.lua"
install -D -m 644 monitor/ccsl.h "$to/include/ccsl/ccsl.h"
install -m 644 "$out/lib/libccsl.a" "$to/lib/libccsl.a"

"$vcosim" --help | page vcosim "hardware virtio devices, validated before there is silicon" \
	>"$to/share/man/man1/vcosim.1"
commands "$vcosim" | while read -r name what; do
	"$vcosim" "$name" --help | page "vcosim-$name" "$what" >"$to/share/man/man1/vcosim-$name.1"
done
completion "$vcosim" >"$to/share/bash-completion/completions/vcosim"
if [ -x "$sc" ]; then
	install -m 755 "$sc" "$to/bin/vcosim-sc"
	"$sc" --help | page vcosim-sc "the same device in a SystemC platform" \
		>"$to/share/man/man1/vcosim-sc.1"
	completion "$sc" >"$to/share/bash-completion/completions/vcosim-sc"
else
	echo "  INSTALL  without vcosim-sc: there was no libsystemc"
fi
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
