#!/bin/sh
# Prints report_head and report_tail: C strings, what comes before the data in the page and what
# comes after. The page lets only its own script and style run, by their hashes.
set -eu
cd "$(dirname "$0")"

hash() { # file: as a content security policy names it
	openssl dgst -sha256 -binary "$1" | openssl base64 | tr -d '\n'
}

# A browser hashes what is between the tags, byte by byte; so nothing is added to the files there.
awk -v js="$(hash report.js)" -v css="$(hash report.css)" '
	function said(text) {
		gsub(/[\\"?]/, "\\\\&", text)
		return text
	}
	function inline(file,    line) {
		while ((getline line <file) > 0)
			printf "\t\"%s\\n\"\n", said(line)
		close(file)
	}
	BEGIN { print "/* Made of bridge/report/ by embed.sh. */\nstatic const char report_head[] =" }
	{
		sub(/@script-hash@/, "sha256-" js)
		sub(/@style-hash@/, "sha256-" css)
	}
	match($0, /@[a-z]+@/) {
		what = substr($0, RSTART + 1, RLENGTH - 2)
		printf "\t\"%s\"\n", said(substr($0, 1, RSTART - 1))
		if (what == "data")
			print ";\nstatic const char report_tail[] ="
		else
			inline("report." (what == "style" ? "css" : "js"))
		printf "\t\"%s\\n\"\n", said(substr($0, RSTART + RLENGTH))
		next
	}
	{ printf "\t\"%s\\n\"\n", said($0) }
	END { print ";" }
' report.html
