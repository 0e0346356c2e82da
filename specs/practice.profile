# Deviations of drivers that ship: they are counted, and held against nobody. Columns, by tabs: the rule
# ("name(2)": of queue 2 only), the clause that it stands for, the driver, the evidence.
notify_after_driver_ok(2)	DRV-3.1.1-16	Linux virtio_balloon, 6.1 and 6.12	FINDINGS.md 1: init_vqs() kicks the statistics queue before DRIVER_OK
