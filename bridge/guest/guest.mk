# What runs inside a guest, and the QEMU that runs it. GUEST lists what `make run` needs.
GUEST :=
