using WebRtcStack.Core;
using WebRtcStack.Dtls;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Dtls;

public sealed class DtlsContractTests : LayerContractTests
{
    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now) => DtlsPeer.CreatePair(random, now);

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        DtlsPeer client = (DtlsPeer)left, server = (DtlsPeer)right;
        if (client.Connection.State != DtlsState.Connected || server.Connection.State != DtlsState.Connected) return false;
        client.Send("ping"u8);
        server.Send("pong"u8);
        return true;
    }
}
