# SPDX-License-Identifier: MIT
# The monitor's side of waves, made from the list of events in specs/events.h: a module whose
# ports are the clocks and their arguments, or, with -v pins=1, the list of these for C++.

BEGIN { n = 0 }

/^\tX\(EV_/ {
	split($0, quoted, "\"")
	split(quoted[1], part, /[(), ]+/)
	name[n] = part[3]
	args[n++] = quoted[2]
}

END {
	if (!n) {
		print "sim/monitor.awk: no events" >"/dev/stderr"
		exit 1
	}
	print pins ? "/* SPDX-License-Identifier: MIT */\n/* Made by sim/monitor.awk. */" \
		: "// SPDX-License-Identifier: MIT\n// Made by sim/monitor.awk."
	print pins ? "#define MONITOR_PINS(CLOCK, ARG) \\" : "module clocks ("
	for (i = 0; i < n; i++) {
		if (pins)
			printf "\tCLOCK(%d, %s) \\\n", i, name[i]
		else
			printf "  input logic %s,\n", name[i]
		m = split(args[i], arg, ",")
		for (j = 1; j <= m; j++)
			if (pins)
				printf "\tARG(%d, %d, %s_%s) \\\n", i, j - 1, name[i], arg[j]
			else
				printf "  input logic [63:0] %s_%s,\n", name[i], arg[j]
	}
	print pins ? "" : "  input logic [511:0] events,\n  input logic [511:0] verdict\n);\nendmodule"
}
