using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Microsoft.AspNetCore.Grpc.JsonTranscoding.Internal.Json;

/// <summary>Values written as plain text: JSON strings and map keys, path variables, query parameters.</summary>
internal static class ScalarText
{
    private const NumberStyles Integer = NumberStyles.AllowLeadingSign;
    private const NumberStyles Real = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The value of a scalar field, boxed as its accessor takes it; null if the text is not one. Enums by name or number.</summary>
    public static object? Parse(FieldDescriptor field, string text)
    {
        switch (field.FieldType)
        {
            case FieldType.String:
                return text;
            case FieldType.Bool:
                return text switch { "true" => true, "false" => false, _ => null };
            case FieldType.Bytes:
                return ParseBytes(text);
            case FieldType.Enum:
                return field.EnumType.FindValueByName(text)?.Number
                    ?? (int.TryParse(text, Integer, CultureInfo.InvariantCulture, out var number) ? field.EnumType.FindValueByNumber(number)?.Number : null);
            default:
                // Number styles would skip neither, but be plain about it: no blanks, no plus sign.
                return text.Length == 0 || text[0] == '+' || char.IsWhiteSpace(text[0]) || char.IsWhiteSpace(text[^1]) ? null : ParseNumber(field, text);
        }
    }

    /// <summary>A number within the range of its field, or null. Integers may be written as 1.0 or 1e3.</summary>
    public static object? ParseNumber(FieldDescriptor field, string text)
    {
        var culture = CultureInfo.InvariantCulture;
        switch (field.FieldType)
        {
            case FieldType.Double:
                return ParseReal(text);
            case FieldType.Float:
                return ParseReal(text) is not { } real ? null
                    : float.IsFinite((float)real) || !double.IsFinite(real) ? (float)real
                    : null;
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32:
                return int.TryParse(text, Integer, culture, out var int32) ? int32 : Whole(text) is >= int.MinValue and <= int.MaxValue and var whole32 ? (int)whole32 : null;
            case FieldType.UInt32 or FieldType.Fixed32:
                return uint.TryParse(text, Integer, culture, out var uint32) ? uint32 : Whole(text) is >= 0 and <= uint.MaxValue and var wholeU32 ? (uint)wholeU32 : null;
            case FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64:
                return long.TryParse(text, Integer, culture, out var int64) ? int64 : Whole(text) is >= long.MinValue and <= long.MaxValue and var whole64 ? (long)whole64 : null;
            case FieldType.UInt64 or FieldType.Fixed64:
                return ulong.TryParse(text, Integer, culture, out var uint64) ? uint64 : Whole(text) is >= 0 and <= ulong.MaxValue and var wholeU64 ? (ulong)wholeU64 : null;
            default:
                return null;
        }
    }

    /// <summary>Base64 of either alphabet, padded or not; null if it is neither.</summary>
    public static ByteString? ParseBytes(string text)
    {
        var padding = (4 - text.Length % 4) % 4;
        var standard = text.Replace('-', '+').Replace('_', '/') + new string('=', padding == 3 ? 0 : padding);
        var bytes = new byte[standard.Length / 4 * 3];
        return Convert.TryFromBase64String(standard, bytes, out var length) ? ByteString.CopyFrom(bytes, 0, length) : null;
    }

    /// <summary>A message that is a string in JSON; null if the text is not one, or the type has no such form.</summary>
    /// <param name="type">The type of message.</param>
    /// <param name="text">The text.</param>
    /// <param name="jsonNames">Whether the paths of a field mask are in lowerCamelCase (JSON) or as the proto names them (query).</param>
    public static IMessage? Parse(WellKnownType type, string text, bool jsonNames)
    {
        switch (type)
        {
            case WellKnownType.Timestamp:
                return TimeText.TryParseTimestamp(text, out var timestamp) ? timestamp : null;
            case WellKnownType.Duration:
                return TimeText.TryParseDuration(text, out var duration) ? duration : null;
            case WellKnownType.FieldMask when jsonNames:
                return FieldMaskText.TryParse(text, out var mask) ? mask : null;
            case WellKnownType.FieldMask:
                return FieldMask.FromString(text);
            default:
                return null;
        }
    }

    public static string Expected(FieldDescriptor field) => field.FieldType switch
    {
        FieldType.String => "a string",
        FieldType.Bool => "true or false",
        FieldType.Bytes => "a base64 string",
        FieldType.Enum => $"a value of {field.EnumType.FullName}",
        FieldType.Double or FieldType.Float => "a number",
        FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 => "a 32-bit integer",
        FieldType.UInt32 or FieldType.Fixed32 => "an unsigned 32-bit integer",
        FieldType.Int64 or FieldType.SInt64 or FieldType.SFixed64 => "a 64-bit integer",
        FieldType.UInt64 or FieldType.Fixed64 => "an unsigned 64-bit integer",
        _ => $"a {field.MessageType.FullName}",
    };

    public static string Expected(WellKnownType type) => type switch
    {
        WellKnownType.Timestamp => "a timestamp such as \"2030-01-31T12:00:00Z\"",
        WellKnownType.Duration => "a duration such as \"1.5s\"",
        _ => "a field mask such as \"name,address.city\"",
    };

    private static double? ParseReal(string text) => text switch
    {
        "NaN" => double.NaN,
        "Infinity" => double.PositiveInfinity,
        "-Infinity" => double.NegativeInfinity,
        _ => double.TryParse(text, Real, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real) ? real : null,
    };

    private static decimal? Whole(string text) =>
        decimal.TryParse(text, Real, CultureInfo.InvariantCulture, out var number) && decimal.IsInteger(number) ? number : null;
}
