namespace Aspire.Hosting.ApplicationModel;

internal static class ResourceName
{
    private const int MaxLength = 64;

    /// <remarks>The rules of Aspire: names become host names, environment variables and container names.</remarks>
    public static void Validate(string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        if (name.Length > MaxLength)
            throw new ArgumentException($"The resource name '{name}' is longer than {MaxLength} characters.", nameof(name));

        if (!char.IsAsciiLetter(name[0]))
            throw new ArgumentException($"The resource name '{name}' must start with a letter.", nameof(name));

        if (!name.All(character => char.IsAsciiLetterOrDigit(character) || character == '-'))
            throw new ArgumentException($"The resource name '{name}' may contain letters, digits and hyphens only.", nameof(name));

        if (name[^1] == '-' || name.Contains("--", StringComparison.Ordinal))
            throw new ArgumentException($"The resource name '{name}' may neither end with a hyphen nor have two in a row.", nameof(name));
    }
}
