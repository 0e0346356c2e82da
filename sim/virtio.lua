-- SPDX-License-Identifier: MIT
-- Wireshark's view of a vcosim session: dissects what `vcosim dump --format pcapng` writes
-- (sim/cmd_dump_pcapng.c has the bytes). Load it with -X lua_script:virtio.lua, or put it
-- into Wireshark's folder of personal plugins. Filters worth knowing:
--   virtio.verdict                    what the monitor found
--   virtio.verdict.clause contains "3.1.1"
--   virtio.status.driver_ok == 1      status accesses with DRIVER_OK set
--   virtio.event == "notify" && virtio.arg.q == 1

local virtio = Proto("virtio", "virtio bus (vcosim)")

local kinds = { [1] = "header", [2] = "record", [3] = "event", [4] = "verdict" }
local spaces = { [0] = "cfg", "bar", "mmio", "dma", "irq", "host", "snoop", "cue" }
local ops = { [0] = "read", "write" }
local responses = { [0] = "OKAY", [2] = "SLVERR", [3] = "DECERR", [0x80] = "HANG" }

local f = {
	kind = ProtoField.uint8("virtio.kind", "Kind", base.DEC, kinds),
	header = ProtoField.string("virtio.header", "Header"),
	cycle = ProtoField.uint64("virtio.cycle", "Cycle"),
	addr = ProtoField.uint64("virtio.addr", "Address", base.HEX),
	data = ProtoField.uint64("virtio.data", "Data", base.HEX),
	space = ProtoField.uint8("virtio.space", "Space", base.DEC, spaces),
	op = ProtoField.uint8("virtio.op", "Operation", base.DEC, ops),
	size = ProtoField.uint8("virtio.size", "Size"),
	be = ProtoField.uint8("virtio.be", "Byte enables", base.HEX),
	resp = ProtoField.uint8("virtio.resp", "Response", base.HEX, responses),
	index = ProtoField.uint8("virtio.index", "Index"),
	flags = ProtoField.uint8("virtio.flags", "Flags", base.HEX),
	event = ProtoField.string("virtio.event", "Event"),
	verdict = ProtoField.string("virtio.verdict", "Verdict"),
	clause = ProtoField.string("virtio.verdict.clause", "Clause"),
	blame = ProtoField.string("virtio.verdict.blame", "Blame"),
	level = ProtoField.string("virtio.verdict.level", "Level"),
	rule = ProtoField.string("virtio.verdict.rule", "Rule"),
	seen = ProtoField.string("virtio.verdict.event", "Event"),
	expected = ProtoField.string("virtio.verdict.expected", "Expected"),
}

-- Device status, virtio 1.4, 2.1.
local bits = {
	{ 0x01, "acknowledge", "ACKNOWLEDGE" },
	{ 0x02, "driver", "DRIVER" },
	{ 0x04, "driver_ok", "DRIVER_OK" },
	{ 0x08, "features_ok", "FEATURES_OK" },
	{ 0x10, "suspend", "SUSPEND" },
	{ 0x40, "needs_reset", "DEVICE_NEEDS_RESET" },
	{ 0x80, "failed", "FAILED" },
}
f.status = ProtoField.uint8("virtio.status", "Device status", base.HEX)
for _, bit in ipairs(bits) do
	f["status_" .. bit[2]] = ProtoField.bool("virtio.status." .. bit[2], bit[3], 8, nil, bit[1])
end

-- The arguments of specs/events.ccsl, by their names there.
local counts = { "q", "sel", "part", "size", "slot", "head", "index", "len", "next", "id",
	"write", "vector", "level", "pages", "window", "space", "tag" }
local numbers = { "value", "offset", "addr", "flags", "pfn" }
for _, name in ipairs(counts) do
	f["arg_" .. name] = ProtoField.uint64("virtio.arg." .. name, name)
end
for _, name in ipairs(numbers) do
	f["arg_" .. name] = ProtoField.uint64("virtio.arg." .. name, name, base.HEX)
end

virtio.fields = {}
for _, field in pairs(f) do
	table.insert(virtio.fields, field)
end

-- The zero-ended text at `at`, its range, and where the next begins.
local function text(buf, at)
	local last = at
	while last < buf:len() and buf(last, 1):uint() ~= 0 do
		last = last + 1
	end
	if last == at then
		return "", buf(at, 0), last + 1
	end
	return buf(at, last - at):string(), buf(at, last - at), last + 1
end

local function header(buf, tree)
	local json, range = text(buf, 4)
	tree:add(f.header, range, json)
	return json
end

local function record(buf, tree)
	tree:add_le(f.cycle, buf(4, 8))
	tree:add_le(f.addr, buf(12, 8))
	tree:add_le(f.data, buf(20, 8))
	local columns = { "space", "op", "size", "be", "resp", "index", "flags" }
	for i, name in ipairs(columns) do
		tree:add(f[name], buf(27 + i, 1))
	end
	local space = buf(28, 1):uint()
	return string.format("%s %s 0x%s = 0x%s", spaces[space] or "?", ops[buf(29, 1):uint()] or "?",
		buf(12, 8):le_uint64():tohex(), buf(20, 8):le_uint64():tohex())
end

local function event(buf, tree)
	local nargs = buf(6, 1):uint()
	local name, range, at = text(buf, 8 + 8 * nargs)
	tree:add(f.event, range, name)
	for i = 0, nargs - 1 do
		local arg
		arg, range, at = text(buf, at)
		if f["arg_" .. arg] then
			tree:add_le(f["arg_" .. arg], buf(8 + 8 * i, 8))
		end
	end
	if (name == "status_write" or name == "status_read") and nargs == 1 then
		local status = tree:add(f.status, buf(8, 1))
		for _, bit in ipairs(bits) do
			status:add(f["status_" .. bit[2]], buf(8, 1))
		end
	end
	return (text(buf, at))
end

local function verdict(buf, tree)
	local columns = { "clause", "blame", "level", "rule", "seen", "expected" }
	local said = {}
	local at = 4
	local root
	for i, column in ipairs(columns) do
		local range
		said[i], range, at = text(buf, at)
		root = root or tree:add(f.verdict, range, said[1])
		root:add(f[column], range, said[i])
	end
	return string.format("%s %s %s (%s): %s", said[1], said[2], said[3], said[4], said[5])
end

local dissect = { header, record, event, verdict }

function virtio.dissector(buf, pinfo, root)
	pinfo.cols.protocol = "virtio"
	local kind = buf:len() >= 4 and buf(0, 1):uint() or 0
	if not dissect[kind] then
		pinfo.cols.info = "not a packet of vcosim"
		return 0
	end
	local tree = root:add(virtio, buf(), "virtio " .. kinds[kind])
	tree:add(f.kind, buf(0, 1))
	local info = dissect[kind](buf, tree)
	tree:append_text(": " .. info)
	pinfo.cols.info = info
	return buf:len()
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, virtio)
