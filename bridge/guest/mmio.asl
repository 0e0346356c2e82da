// SPDX-License-Identifier: MIT
//
// Purpose: tells a guest's ACPI of a virtio-mmio device. The registers are BAR 0 of the PCI function at
// 00:01.0, which carries them (bridge/carrier.h); where firmware has put it is read from the function itself.
// Function 1's INTA# is GSI 21 on QEMU's q35 board: devices 0 to 24 take turns on GSI 20 to 23.
// Without that very function there is no device.
DefinitionBlock ("", "SSDT", 2, "VCOSIM", "VIRTMMIO", 1)
{
    Scope (\_SB)
    {
        Device (VIOM)
        {
            Name (_HID, "LNRO0005") // what Linux's virtio_mmio goes by
            Name (_UID, Zero)

            // PCI configuration mechanism 1: address, data.
            OperationRegion (PCIC, SystemIO, 0x0CF8, 0x08)
            Field (PCIC, DWordAcc, NoLock, Preserve)
            {
                PADR, 32,
                PDAT, 32
            }

            Method (CONF, 1, Serialized) // a dword of 00:01.0's configuration space
            {
                PADR = 0x80000800 + Arg0
                Return (PDAT)
            }

            Method (_STA, 0, Serialized)
            {
                If (CONF (Zero) != 0x10001B36)
                {
                    Return (Zero)
                }
                Return (0x0F)
            }

            Method (_CRS, 0, Serialized)
            {
                Name (RBUF, ResourceTemplate ()
                {
                    Memory32Fixed (ReadWrite, 0x00000000, 0x00000200, REGS)
                    Interrupt (ResourceConsumer, Level, ActiveHigh, Shared) { 21 }
                })
                CreateDWordField (RBUF, REGS._BAS, BASE)
                BASE = CONF (0x10) & 0xFFFFFFF0
                Return (RBUF)
            }
        }
    }
}
