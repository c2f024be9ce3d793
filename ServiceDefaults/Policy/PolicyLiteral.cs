using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace AiMesh.ServiceDefaults.Policy;

/// <summary>Values as they are written in filters and in CSV.</summary>
public static class PolicyLiteral
{
    /// <summary>Reads one value of a type other than <see cref="PolicyType.TextList"/>.</summary>
    /// <param name="text">The value without quotes.</param>
    /// <param name="type">What it must be.</param>
    /// <param name="value">In the CLR type that <see cref="PolicyType"/> names.</param>
    public static bool TryParse(string text, PolicyType type, [NotNullWhen(true)] out object? value)
    {
        value = null;
        switch (type)
        {
            case PolicyType.Text when StorableText.FirstFault(text) is null:
                value = text;
                break;
            case PolicyType.WholeNumber when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var integer):
                value = integer;
                break;
            case PolicyType.Number when TryNumber(text, out var number):
                value = number;
                break;
            case PolicyType.Boolean when text is "true" or "false":
                value = text == "true";
                break;
            case PolicyType.Timestamp when CanonicalTime.TryTimestamp(text, out var timestamp):
                value = timestamp;
                break;
            case PolicyType.Date when CanonicalTime.TryDate(text, out var date):
                value = date;
                break;
            case PolicyType.TimeOfDay when CanonicalTime.TryTimeOfDay(text, out var timeOfDay):
                value = timeOfDay;
                break;
        }

        return value is not null;
    }

    /// <summary>A type as errors name it, with its article.</summary>
    public static string Describe(PolicyType type) => type switch
    {
        PolicyType.Text => "a string",
        PolicyType.WholeNumber => "a 64-bit integer",
        PolicyType.Number => "a finite number",
        PolicyType.Boolean => "a boolean (true or false)",
        PolicyType.Timestamp => "a time with offset (2026-11-21T10:00:00Z)",
        PolicyType.Date => "a date (2026-11-21)",
        PolicyType.TimeOfDay => "a time of day (18:00)",
        PolicyType.Address => "an address or range (192.0.2.0/24, 2001:db8::/32)",
        _ => "a list of strings",
    };

    // Words such as "Infinity", which double.Parse knows, are no numbers here.
    private static bool TryNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out number)
        && double.IsFinite(number) && !text.Contains('n', StringComparison.OrdinalIgnoreCase);
}
