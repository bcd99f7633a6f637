using BenchmarkDotNet.Attributes;
using WebRtcStack.Core;
using WebRtcStack.Stun;

namespace WebRtcStack.Benchmarks.Stun;

/// <summary>A connectivity check and its answer: parsed, verified, built (RFC 8445 §7).</summary>
[MemoryDiagnoser]
public class StunBindingBenchmark
{
    private static readonly TransportAddress s_source = TransportAddress.FromIPv4(0xC0000201, 5000);

    private readonly StunKey _key = StunKey.ShortTerm("VOkJxbRl1RmTxUk/WvJxBt");
    private readonly StunTransactionId _id = StunTransactionId.Create(RandomSource.Seeded(1));
    private readonly byte[] _request = new byte[200], _response = new byte[200], _buffer = new byte[200];
    private int _requestLength, _responseLength;

    [GlobalSetup]
    public void SetUp()
    {
        _requestLength = Write(_request);
        _responseLength = Respond(_response);
    }

    [Benchmark] public bool ParseRequest() => StunMessage.TryParse(_request.AsSpan(0, _requestLength), out _);

    [Benchmark]
    public bool ParseAndVerifyRequest() =>
        StunMessage.TryParse(_request.AsSpan(0, _requestLength), out StunMessage message) && message.VerifyFingerprint() && message.VerifyIntegrity(_key);

    [Benchmark] public int BuildRequest() => Write(_buffer);

    [Benchmark] public int BuildResponse() => Respond(_buffer);

    [Benchmark]
    public bool ParseAndVerifyResponse() =>
        StunMessage.TryParse(_response.AsSpan(0, _responseLength), out StunMessage message) && message.VerifyFingerprint() &&
        message.VerifyIntegrity(_key) && message.TryGetMappedAddress(out _);

    private int Write(byte[] destination)
    {
        StunMessageWriter writer = new(destination, StunClass.Request, StunMethod.Binding, _id);
        writer.Write(StunAttributeType.Username, "evtj:h6vY"u8);
        writer.WriteUInt32(StunAttributeType.Priority, 0x6E0001FF);
        writer.WriteUInt64(StunAttributeType.IceControlling, 0x932FF9B151263B36);
        writer.WriteFlag(StunAttributeType.UseCandidate);
        writer.WriteIntegrity(_key);
        writer.WriteFingerprint();
        return writer.Length;
    }

    private int Respond(byte[] destination)
    {
        StunMessageWriter writer = new(destination, StunClass.SuccessResponse, StunMethod.Binding, _id);
        writer.WriteXorAddress(StunAttributeType.XorMappedAddress, s_source);
        writer.WriteIntegrity(_key);
        writer.WriteFingerprint();
        return writer.Length;
    }
}
