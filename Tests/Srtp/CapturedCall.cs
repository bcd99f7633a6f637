using System.IO;
using WebRtcStack.Dtls;
using WebRtcStack.Srtp;
using WebRtcStack.Tests.Dtls;

namespace WebRtcStack.Tests.Srtp;

/// <summary>A captured call of DTLS 1.3 endpoints whose exporter secret is known: opens its SRTP.</summary>
internal sealed class CapturedCall : IDisposable
{
    private readonly string _name;
    private readonly ushort _client;
    private readonly SrtpUnprotector _fromClient, _fromServer;

    public CapturedCall(string name, SrtpProfile profile, SrtpOptions options)
    {
        _name = name;
        string line = File.ReadLines(Capture.PathOf(name + ".keys")).Single(line => line.StartsWith("EXPORTER_SECRET ", StringComparison.Ordinal));
        using Secret exporter = new(Convert.FromHexString(line.Split(' ')[2]));
        byte[] material = new byte[SrtpKeyingMaterial.Length(profile)];
        new KeySchedule(DtlsHash.Sha256).Export(exporter, SrtpKeyingMaterial.ExporterLabel, [], material);
        SrtpKeyingMaterial keys = SrtpKeyingMaterial.Split(profile, material);
        _fromClient = new SrtpUnprotector(profile, keys.ClientKey, keys.ClientSalt, options);
        _fromServer = new SrtpUnprotector(profile, keys.ServerKey, keys.ServerSalt, options);
        _client = Capture.ReadDtls(name)[0].SourcePort;            // the ClientHello is the first of all
    }

    /// <summary>The call's packets as captured, each with what opens it.</summary>
    public IEnumerable<(byte[] Packet, bool IsRtcp, SrtpUnprotector Unprotector)> Read()
    {
        foreach ((ushort port, byte[] packet) in Capture.ReadSrtp(_name))
            yield return (packet, packet[1] is >= 192 and <= 223, port == _client ? _fromClient : _fromServer);
    }

    public void Dispose()
    {
        _fromClient.Dispose();
        _fromServer.Dispose();
    }
}
