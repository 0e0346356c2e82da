# The page of `vcosim report`: what is written by hand here becomes text in the program.

REPORT_H := $(OUT)/gen/bridge/report.h
$(REPORT_H): bridge/report/embed.sh bridge/report/report.html bridge/report/report.css bridge/report/report.js
	$(call say,GEN,$@)mkdir -p $(@D) && bridge/report/embed.sh >$@
$(call obj,bridge/cmd_report.c): $(REPORT_H)
