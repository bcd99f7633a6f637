using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebRtcStack.Tests.Interop;

/// <summary>What peers are told, as dictionaries of W3C: a member that is not there is not written.</summary>
internal static class PeerJson
{
    public static JsonSerializerOptions Options { get; } = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };
}
