using System.Text;

namespace AiMesh.ServiceDefaults.Anonymisation;

/// <summary>
/// Replaces personal data. Thread-safe. Hashes and pseudonyms are the same for the same value and key: give each organisation a key of its own, so that
/// nobody can match people across organisations, or try values without the key.
/// </summary>
/// <param name="key">32 bytes.</param>
public sealed class Anonymiser(byte[] key)
{
    private readonly PseudonymMaker _pseudonyms = new(key);

    /// <summary>Replaces a value that as a whole is personal data.</summary>
    /// <param name="value">The value.</param>
    /// <param name="kind">What it is; where unknown, it is recognised if it can be.</param>
    /// <param name="method">What becomes of it.</param>
    public string Apply(string value, PersonalKind kind, AnonymisationMethod method)
    {
        ArgumentNullException.ThrowIfNull(value);
        if (value.Length == 0) return value;
        if (kind == PersonalKind.Unknown) kind = KindOf(value);
        return method switch
        {
            AnonymisationMethod.Mask => ValueMask.Mask(value, kind),
            AnonymisationMethod.Generalise => ValueMask.Generalise(value, kind),
            AnonymisationMethod.Hash => _pseudonyms.Hash(value, kind),
            _ => _pseudonyms.Pseudonym(value, kind),
        };
    }

    /// <summary>Replaces all personal data that is found in a text, and leaves the rest.</summary>
    public string ApplyToText(string text, AnonymisationMethod method)
    {
        ArgumentNullException.ThrowIfNull(text);
        var spans = PersonalDataScanner.Find(text);
        if (spans.Count == 0) return text;
        var result = new StringBuilder(text.Length);
        var end = 0;
        foreach (var span in spans)
        {
            result.Append(text, end, span.Start - end).Append(Apply(text.Substring(span.Start, span.Length), span.Kind, method));
            end = span.Start + span.Length;
        }

        return result.Append(text, end, text.Length - end).ToString();
    }

    /// <summary>The kind of a value that is nothing but personal data of one kind.</summary>
    private static PersonalKind KindOf(string value)
    {
        var trimmed = value.AsSpan().Trim();
        return trimmed.Length <= PersonalDataScanner.MaxValue && PersonalDataScanner.Find(value) is [var only] && only.Length == trimmed.Length ? only.Kind : PersonalKind.Unknown;
    }
}
