# SPDX-License-Identifier: MIT
# Makes a C header of the event list: awk -f specs/events.awk specs/events.ccsl
#
# Reads lines "Event name(arg, arg) // meaning"; anything else but blank lines and
# comments is an error. Ids are dense, in file order.

function fail(what) {
	printf "%s:%d: %s\n", FILENAME, FNR, what >"/dev/stderr"
	failed = 1
	exit 1
}

BEGIN { n = 0 }

{
	sub(/\/\/.*/, "")
	gsub(/[ \t\r]+/, " ")
	sub(/^ /, "")
	sub(/ $/, "")
}

$0 == "" { next }

!/^Event [a-z][a-z0-9_]*\(( ?[a-z][a-z0-9_]* ?(, ?[a-z][a-z0-9_]* ?)*)?\)$/ {
	fail("expected: Event name(arg, ...)")
}

{
	open = index($0, "(")
	name = substr($0, 7, open - 7)
	args = substr($0, open + 1, length($0) - open - 1)
	gsub(/ /, "", args)
	if (name in seen)
		fail("event " name " is listed twice")
	seen[name] = 1
	nargs[n] = split(args, unused, ",")
	if (nargs[n] > 6)
		fail("event " name " has more than 6 arguments")
	names[n] = name
	arglist[n++] = args
}

END {
	if (failed)
		exit 1
	print "/* SPDX-License-Identifier: MIT */"
	print "/* The bus events. Made from specs/events.ccsl by specs/events.awk: edit that. */"
	print "#ifndef SPECS_EVENTS_H\n#define SPECS_EVENTS_H\n"
	print "enum event_id {"
	for (i = 0; i < n; i++)
		printf "\tEV_%s,\n", toupper(names[i])
	print "\tEV_COUNT\n};\n"
	print "#define EVENT_MAX_ARGS 6\n"
	print "/* X(id, name, number of arguments, \"their,names\") for each event, in id order. */"
	print "#define EVENT_LIST(X) \\"
	for (i = 0; i < n; i++)
		printf "\tX(EV_%s, %s, %d, \"%s\")%s\n", toupper(names[i]), names[i], nargs[i], \
			arglist[i], i + 1 < n ? " \\" : ""
	print "\n#endif"
}
