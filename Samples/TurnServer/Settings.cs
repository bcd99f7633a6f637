using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using WebRtcStack.Core;
using WebRtcStack.Transport;
using WebRtcStack.Turn;
using WebRtcStack.TurnHost;

namespace WebRtcStack.Samples.TurnServer;

/// <summary>The command line, read into the host's options.</summary>
internal sealed class Settings
{
    public const string Usage = """
        Usage: TurnServer [options]
          --user NAME:PASSWORD      a user; may be repeated
          --secret SECRET           accept time-limited credentials made with this secret
          --realm REALM             default: webrtcstack.local
          --listen ADDRESS          an address of this machine; may be repeated; default: all that are up
          --port PORT               UDP and TCP; default 3478
          --tls-port PORT           TLS; default 5349; needs --certificate
          --certificate FILE        a PEM file with the certificate chain
          --key FILE                a PEM file with its private key; default: in the certificate's file
          --external ADDRESS        what peers reach relayed addresses by, behind a 1:1 NAT
          --relay-ports FIRST-LAST  default 49152-65535
          --allow-loopback          relay to 127.0.0.0/8 and ::1 as well
          --allow-private           relay to private addresses as well
          --tcp-relays              relay TCP connections too (RFC 6062): clients open them from this machine
          --quota N                 allocations per user; default 64
          --bandwidth BYTES         bytes per second per user; default: no limit
          --alternate [PROTOCOL=]ADDRESS:PORT[,DOMAIN]
                                    where new clients are sent once the server drains, those of udp, tcp or tls or all;
                                    for tls the name in its certificate, if another; may be repeated
          --workers N               threads; default 1
        Ctrl+C drains: no new allocations, the others go on; Ctrl+C again ends at once.
        """;

    private readonly Dictionary<string, string> _users = [];
    private readonly List<TransportAddress> _listen = [];
    private string _realm = "webrtcstack.local";
    private string? _secret, _certificate, _key;
    private ushort _port = 3478, _tlsPort = 5349;
    private PortRange _relayPorts = new(49_152, 65_535);
    private bool _allowLoopback, _allowPrivate, _tcpRelays;
    private int _quota = 64, _workers = 1;
    private long _bandwidth;
    private TransportAddress _external;

    public List<TurnAlternate> Alternates { get; } = [];

    public TurnHostOptions ToOptions()
    {
        if (_listen.Count == 0) _listen.AddRange(InterfaceAddresses.Enumerate().Select(each => each.Address).Where(each => !each.IsLinkLocal));
        List<TurnListener> listeners = [];
        foreach (TransportAddress each in _listen)
        {
            listeners.Add(new TurnListener(each.WithPort(_port), TransportProtocol.Udp));
            listeners.Add(new TurnListener(each.WithPort(_port), TransportProtocol.Tcp));
            if (_certificate is not null) listeners.Add(new TurnListener(each.WithPort(_tlsPort), TransportProtocol.Tls));
        }
        // Peers are spoken to from an address that others reach, where there is one.
        List<TransportAddress> relays = [];
        foreach (bool ipv6 in new[] { false, true })
        {
            TransportAddress[] candidates = [.. _listen.Where(each => each.IsIPv6 == ipv6).OrderBy(each => each.IsLoopback)];
            if (candidates.Length > 0) relays.Add(candidates[0]);
        }
        return new TurnHostOptions
        {
            Server = new TurnServerOptions
            {
                Realm = _realm,
                Users = _users,
                SharedSecret = _secret,
                RelaysTcp = _tcpRelays,
                MaxAllocationsPerUser = _quota,
                MaxPermissionsPerUser = Math.Max(1024, Math.Min(16 * _quota, 1 << 20)),
                MaxBytesPerSecondPerUser = _bandwidth,
                PeerRules = new TurnPeerRules { AllowLoopback = _allowLoopback, AllowPrivate = _allowPrivate },
            },
            Listeners = listeners,
            RelayAddresses = relays,
            ExternalAddresses = [.. relays.Select(each => _external.IsIPv6 == each.IsIPv6 && !_external.IsNone ? _external : each)],
            RelayPorts = _relayPorts,
            Certificate = _certificate is null ? null : LoadCertificate(_certificate, _key),
            Workers = _workers,
        };
    }

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">An option is not known, or its value is not what it should be; the message says which.</exception>
    public static Settings Parse(string[] args)
    {
        Settings settings = new();
        for (int i = 0; i < args.Length; i++)
        {
            switch (args[i])
            {
                case "--allow-loopback":
                    settings._allowLoopback = true;
                    break;
                case "--allow-private":
                    settings._allowPrivate = true;
                    break;
                case "--tcp-relays":
                    settings._tcpRelays = true;
                    break;
                default:
                    if (i + 1 == args.Length) throw new FormatException($"{args[i]} is not known, or has no value.");
                    settings.Set(args[i], args[++i]);
                    break;
            }
        }
        return settings;
    }

    private void Set(string option, string value)
    {
        switch (option)
        {
            case "--user":
                int colon = value.IndexOf(':', StringComparison.Ordinal);
                if (colon < 1) throw new FormatException("--user takes NAME:PASSWORD.");
                _users[value[..colon]] = value[(colon + 1)..];
                break;
            case "--secret": _secret = value; break;
            case "--realm": _realm = value; break;
            case "--certificate": _certificate = value; break;
            case "--key": _key = value; break;
            case "--listen": _listen.Add(Address(option, value)); break;
            case "--external": _external = Address(option, value); break;
            case "--alternate": Alternates.Add(Alternate(option, value)); break;
            case "--port": _port = Number<ushort>(option, value); break;
            case "--tls-port": _tlsPort = Number<ushort>(option, value); break;
            case "--quota": _quota = Number<int>(option, value); break;
            case "--bandwidth": _bandwidth = Number<long>(option, value); break;
            case "--workers": _workers = Number<int>(option, value); break;
            case "--relay-ports":
                string[] ends = value.Split('-');
                if (ends.Length != 2) throw new FormatException("--relay-ports takes FIRST-LAST.");
                _relayPorts = new PortRange(Number<ushort>(option, ends[0]), Number<ushort>(option, ends[1]));
                break;
            default:
                throw new FormatException($"{option} is not known.");
        }
    }

    private static X509Certificate2 LoadCertificate(string certificate, string? key)
    {
        using X509Certificate2 loaded = X509Certificate2.CreateFromPemFile(certificate, key ?? certificate);
        return X509CertificateLoader.LoadPkcs12(loaded.Export(X509ContentType.Pkcs12), null);     // TLS on some systems wants a key it can find again
    }

    private static TransportAddress Address(string option, string value) =>
        TransportAddress.TryParse(value, 0, out TransportAddress address) ? address : throw new FormatException($"{option} takes an IP address.");

    private static TurnAlternate Alternate(string option, string value)
    {
        int equals = value.IndexOf('=', StringComparison.Ordinal), comma = value.IndexOf(',', StringComparison.Ordinal);
        TransportProtocol? protocol = equals < 0 ? null
            : Enum.TryParse(value[..equals], ignoreCase: true, out TransportProtocol named) ? named
            : throw new FormatException($"{option} knows udp, tcp and tls.");
        string address = value[(equals + 1)..(comma < 0 ? value.Length : comma)];
        return new TurnAlternate(EndPoint(option, address), protocol, comma < 0 ? null : value[(comma + 1)..]);
    }

    private static TransportAddress EndPoint(string option, string value) =>
        IPEndPoint.TryParse(value, out IPEndPoint? endPoint) && endPoint.Port != 0
            ? TransportAddress.From(endPoint)
            : throw new FormatException($"{option} takes ADDRESS:PORT.");

    private static T Number<T>(string option, string value) where T : ISpanParsable<T> =>
        T.TryParse(value, CultureInfo.InvariantCulture, out T? number) ? number : throw new FormatException($"{option} takes a number.");
}
