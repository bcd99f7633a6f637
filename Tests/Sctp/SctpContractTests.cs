using WebRtcStack.Core;
using WebRtcStack.Sctp;
using WebRtcStack.Tests.Contract;

namespace WebRtcStack.Tests.Sctp;

[TestFixture]
public class SctpAssociationContractTests : LayerContractTests
{
    private static readonly byte[] s_message = new byte[3000];

    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now)
    {
        SctpEndpoint left = new(new SctpOptions(), random) { Keeps = false }, right = new(new SctpOptions(), random) { Keeps = false };
        left.Association.Associate(now);
        right.Association.Associate(now);
        return (left, right);
    }

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        SctpAssociation a = ((SctpEndpoint)left).Association, b = ((SctpEndpoint)right).Association;
        a.Send(1, 53, s_message, default, now);
        a.Send(2, 53, s_message.AsSpan(0, 100), new SctpSendOptions { Unordered = true, MaxRetransmits = 0 }, now);
        b.Send(1, 53, s_message.AsSpan(0, 1), default, now);
        return true;
    }
}

[TestFixture]
public class DataChannelTransportContractTests : LayerContractTests
{
    private static readonly byte[] s_message = new byte[3000];
    private DataChannel? _channel;

    protected override (ILayer Left, ILayer Right) Create(RandomSource random, Instant now)
    {
        DataChannelEndpoint left = new(new DataChannelTransportOptions { IsDtlsClient = true }, random) { Keeps = false };
        DataChannelEndpoint right = new(new DataChannelTransportOptions { IsDtlsClient = false }, random) { Keeps = false };
        _channel = left.Transport.Open(new DataChannelParameters { Label = "contract" }, now);
        left.Transport.Start(now);
        right.Transport.Start(now);
        return (left, right);
    }

    protected override bool TrySend(ILayer left, ILayer right, Instant now)
    {
        if (_channel!.State == DataChannelState.Open) ((DataChannelEndpoint)left).Transport.Send(_channel, s_message, isBinary: true, now);
        return true;
    }
}
