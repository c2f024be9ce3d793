using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>One numbered SQL file. Never changed once it was applied anywhere: what comes later is a new file.</summary>
/// <param name="Number">Its place in the order, from the four digits of its name.</param>
/// <param name="Name">The rest of its name.</param>
/// <param name="Sql">What it does; <c>{{api}}</c> and <c>{{owner}}</c> stand for the two roles, quoted.</param>
internal sealed partial record Migration(int Number, string Name, string Sql)
{
    /// <summary>SHA-256 of the text with Unix line ends, so that a checkout on Windows is the same file.</summary>
    public string Checksum => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Sql.ReplaceLineEndings("\n"))));

    public string Label => string.Create(CultureInfo.InvariantCulture, $"{Number:0000}_{Name}");

    public string SqlFor(DatabaseRoles roles) => Sql
        .Replace("{{api}}", DatabaseRoles.Quote(roles.Api), StringComparison.Ordinal)
        .Replace("{{owner}}", DatabaseRoles.Quote(roles.Owner), StringComparison.Ordinal);

    /// <summary>The migrations embedded in an assembly, in order.</summary>
    /// <exception cref="InvalidOperationException">Two files have the same number, or one is misnamed.</exception>
    public static ImmutableArray<Migration> AllOf(Assembly assembly)
    {
        var migrations = ImmutableArray.CreateBuilder<Migration>();
        foreach (var resource in assembly.GetManifestResourceNames().Where(static name => name.Contains(".Migrations.", StringComparison.Ordinal)))
        {
            var match = ResourceName().Match(resource);
            if (!match.Success) throw new InvalidOperationException($"The migration '{resource}' is not named NNNN_name.sql in lower case.");

            using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!, Encoding.UTF8);
            migrations.Add(new Migration(int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture), match.Groups[2].Value, reader.ReadToEnd()));
        }

        migrations.Sort(static (left, right) => left.Number.CompareTo(right.Number));
        for (var i = 1; i < migrations.Count; i++)
            if (migrations[i - 1].Number == migrations[i].Number) throw new InvalidOperationException($"The migrations {migrations[i - 1].Label} and {migrations[i].Label} have the same number.");
        return migrations.ToImmutable();
    }

    [GeneratedRegex(@"\.Migrations\.(\d{4})_([a-z0-9_]+)\.sql$")]
    private static partial Regex ResourceName();
}
