using System.Globalization;

namespace AiMesh.Gateway.Signatures;

/// <summary>
/// One signature of a request (https://www.rfc-editor.org/rfc/rfc9421#section-4): what it covers, its parameters, its value. Only the part of
/// structured fields that signatures of requests need is read; component parameters (such as <c>;sf</c>) are refused, not ignored.
/// </summary>
internal sealed class SignatureInput
{
    private const int MaxLength = 4096;

    private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);

    private SignatureInput(string raw, byte[] value) => (Raw, Value) = (raw, value);

    /// <summary>The covered components with all parameters, as they were sent; they are the last line of what is signed.</summary>
    public string Raw { get; }

    public byte[] Value { get; }

    public List<string> Components { get; } = [];

    public string? KeyId => Text("keyid");

    public string? Nonce => Text("nonce");

    public string? Algorithm => Text("alg");

    public long? Created => Number("created");

    public long? Expires => Number("expires");

    /// <summary>Null when the fields are not exactly one well-formed signature.</summary>
    public static SignatureInput? Parse(string input, string signature)
    {
        var equals = input.IndexOf('=', StringComparison.Ordinal);
        if (input.Length > MaxLength || equals < 1 || !signature.StartsWith(input[..(equals + 1)] + ":", StringComparison.Ordinal) || !signature.EndsWith(':'))
            return null;
        var base64 = signature[(equals + 2)..^1];
        var value = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, value, out var length))
            return null;
        var parsed = new SignatureInput(input[(equals + 1)..], value[..length]);
        return parsed.ReadComponents(out var rest) && parsed.ReadParameters(rest) ? parsed : null;
    }

    private bool ReadComponents(out string rest)
    {
        rest = "";
        var end = Raw.IndexOf(')', StringComparison.Ordinal);
        if (!Raw.StartsWith('(') || end < 0)
            return false;
        rest = Raw[(end + 1)..];
        foreach (var item in Raw[1..end].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (item.Length < 3 || item[0] != '"' || item[^1] != '"' || item.IndexOf('"', 1) != item.Length - 1 || item.Any(char.IsAsciiLetterUpper) || Components.Contains(item[1..^1]))
                return false;
            Components.Add(item[1..^1]);
        }

        return true;
    }

    private bool ReadParameters(string text)
    {
        foreach (var parameter in text.Split(';').Skip(1))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || !_parameters.TryAdd(parameter[..equals], parameter[(equals + 1)..]))
                return false;
        }

        return text.Length == 0 || text[0] == ';';
    }

    private string? Text(string name) =>
        _parameters.TryGetValue(name, out var value) && value.Length >= 2 && value[0] == '"' && value[^1] == '"' ? value[1..^1] : null;

    private long? Number(string name) =>
        _parameters.TryGetValue(name, out var value) && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
