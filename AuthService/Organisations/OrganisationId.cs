using System.Security.Cryptography;
using System.Text;

namespace AiMesh.AuthService.Organisations;

/// <summary>Ids of organisations: readable, never used twice.</summary>
internal static class OrganisationId
{
    private const int MaxNameLength = 40;
    private const string Alphabet = "abcdefghijkmnpqrstuvwxyz23456789";

    /// <summary>For example "acme-gmbh-k7m2x9qa" for "ACME GmbH".</summary>
    public static string NewFor(string displayName)
    {
        var id = new StringBuilder();
        foreach (var character in displayName)
        {
            if (id.Length == MaxNameLength) break;
            if (char.IsAsciiLetterOrDigit(character)) id.Append(char.ToLowerInvariant(character));
            else if (id.Length > 0 && id[^1] != '-') id.Append('-');
        }

        if (id.Length > 0 && id[^1] != '-') id.Append('-');
        return id.Append(RandomNumberGenerator.GetItems<char>(Alphabet, 8)).ToString();
    }
}
