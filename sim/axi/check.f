sim/axi/axil_check.sv
sim/axi/axi4_check.sv
sim/axi/bus_check.sv
