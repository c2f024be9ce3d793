using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Npgsql;

namespace AiMesh.ServiceDefaults.Storage;

/// <summary>
/// The two roles of a database: its owner, who can't log in and whom migrations run as, and the login of requests, which can
/// neither change the schema nor get around row-level security.
/// </summary>
internal sealed partial class DatabaseRoles
{
    private DatabaseRoles(string database, string apiPassword) =>
        (Database, Owner, Api, ApiPassword) = (database, $"{database}_owner", $"{database}_api", apiPassword);

    public string Database { get; }

    public string Owner { get; }

    public string Api { get; }

    /// <summary>The same in every replica, so that none invalidates another's.</summary>
    public string ApiPassword { get; }

    /// <summary>
    /// Derives the roles of a database. Their password comes from the master key and the name of the database, or where there is no
    /// master key (Development, tests) from the administrator's password.
    /// </summary>
    /// <exception cref="InvalidOperationException">The name is not plain, or there is nothing to derive a password from.</exception>
    public static DatabaseRoles For(NpgsqlConnectionStringBuilder administrator, string? masterKey, bool isProduction)
    {
        var database = administrator.Database ?? "";
        if (!PlainName().IsMatch(database))
            throw new InvalidOperationException($"The connection string must name a database of at most 50 letters, digits, '_' and '-', not '{database}'.");
        if (string.IsNullOrEmpty(masterKey) && isProduction)
            throw new InvalidOperationException("Mesh:MasterKey is missing: outside Development the database passwords of services are derived from it.");

        var secret = string.IsNullOrEmpty(masterKey) ? administrator.Password : masterKey;
        if (string.IsNullOrEmpty(secret))
            throw new InvalidOperationException($"There is no Mesh:MasterKey and no password in the connection string of '{database}' to derive the services' password from.");

        var password = HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret), 32, Encoding.UTF8.GetBytes(database), "aimesh database api role"u8.ToArray());
        return new DatabaseRoles(database, Convert.ToHexStringLower(password));
    }

    /// <summary>The connection string for requests: the administrator's, with the login exchanged.</summary>
    public string ApiConnectionString(NpgsqlConnectionStringBuilder administrator) =>
        new NpgsqlConnectionStringBuilder(administrator.ConnectionString) { Username = Api, Password = ApiPassword }.ConnectionString;

    /// <summary>An identifier as SQL, whatever it holds.</summary>
    public static string Quote(string identifier) => $"\"{identifier.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex("^[A-Za-z0-9_-]{1,50}$")]
    private static partial Regex PlainName();
}
