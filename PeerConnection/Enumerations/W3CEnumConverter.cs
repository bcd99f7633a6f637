using System.Text.Json;
using System.Text.Json.Serialization;

namespace WebRtcStack;

/// <summary>Writes enumerations as the strings that browsers use, and reads them.</summary>
/// <typeparam name="T">The enumeration.</typeparam>
public sealed class W3CEnumConverter<T> : JsonConverter<T> where T : struct, Enum
{
    /// <inheritdoc/>
    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        W3CEnum.TryParse(reader.TokenType == JsonTokenType.String ? reader.GetString() : null, out T value)
            ? value
            : throw new JsonException($"Not a {typeof(T).Name}.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options) =>
        Core.Require.NotNull(writer).WriteStringValue(value.ToW3CString());
}
