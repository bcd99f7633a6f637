using System.Globalization;
using System.IO;
using WebRtcStack.Core;

namespace WebRtcStack.Transport;

/// <summary>What Linux knows of an IPv6 address (linux/if_addr.h, IFA_F_…).</summary>
[Flags]
internal enum IPv6Flags
{
    None = 0,
    Temporary = 0x01,
    DuplicateFound = 0x08,
    Deprecated = 0x20,
    Tentative = 0x40,
}

/// <summary>Reads the flags of IPv6 addresses, which .NET tells on Windows only, from /proc/net/if_inet6; elsewhere there are none.</summary>
internal static class IPv6AddressFlags
{
    private const string Source = "/proc/net/if_inet6";

    public static Dictionary<TransportAddress, IPv6Flags> Read()
    {
        Dictionary<TransportAddress, IPv6Flags> flags = [];
        try
        {
            if (!File.Exists(Source)) return flags;
            foreach (string line in File.ReadAllLines(Source))
            {
                if (TryParse(line, out TransportAddress address, out IPv6Flags found)) flags[address] = found;
            }
        }
        catch (IOException) { }                             // an address without flags is an ordinary one
        catch (UnauthorizedAccessException) { }
        return flags;
    }

    // "fe800000000000000000000000000001 02 40 20 80 eth0": address, interface index, prefix length, scope, flags, name.
    internal static bool TryParse(string line, out TransportAddress address, out IPv6Flags flags)
    {
        (address, flags) = (default, IPv6Flags.None);
        string[] fields = line.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length < 6 || fields[0].Length != 32) return false;
        Span<byte> bytes = stackalloc byte[16];
        for (int i = 0; i < bytes.Length; i++)
        {
            if (!byte.TryParse(fields[0].AsSpan(2 * i, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[i])) return false;
        }
        if (!uint.TryParse(fields[1], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out uint index) ||
            !int.TryParse(fields[4], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)) return false;
        address = TransportAddress.FromBytes(bytes, 0);
        if (address.IsLinkLocal) address = TransportAddress.FromBytes(bytes, 0, index);
        flags = (IPv6Flags)value;
        return true;
    }
}
