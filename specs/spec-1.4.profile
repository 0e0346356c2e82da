# Virtio 1.4 as it is written: nothing is waived. The default.
