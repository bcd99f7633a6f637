using WebRtcStack.Core;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Ice;

[TestFixture]
internal sealed class IceContractTests : LayerContractTests
{
    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now)
    {
        (IceLayer left, IceLayer right) = IceLayer.CreatePair(random, now);
        (left.KeepEvents, right.KeepEvents) = (false, false);
        return (left, right);
    }

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        ((IceLayer)left).Send();
        ((IceLayer)right).Send();
        return true;
    }
}
