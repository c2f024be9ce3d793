namespace AiMesh.ServiceDefaults.Policy;

/// <summary>
/// Settings of a database transaction that tell row-level security who asks. A service sets them with <c>set_config(…, true)</c> in
/// the round trip of its query; where they are not set, every comparison with them is false, so that nothing is visible.
/// </summary>
public static class PolicySettings
{
    /// <summary>Organisation of the caller.</summary>
    public const string Organisation = "aimesh.organisation";

    /// <summary>Subject of the caller.</summary>
    public const string User = "aimesh.user";

    /// <summary>Roles of the caller as a JSON array of strings.</summary>
    public const string Roles = "aimesh.roles";

    /// <summary>Attributes of the caller as a JSON object of strings.</summary>
    public const string Attributes = "aimesh.attributes";

    /// <summary>SQL that reads a setting, NULL where it is not set or empty. A sub-select, so that it runs once a query and not once a row.</summary>
    public static string Read(string setting) => $"(SELECT {Value(setting)})";

    /// <summary>SQL that tells whether a setting has a value. All of it in the sub-select: of a comparison outside the planner assumes that hardly any row passes.</summary>
    public static string Is(string setting, string value) => $"(SELECT {Value(setting)} = {SqlText.Quote(value)})";

    /// <summary>SQL that reads an attribute of the caller, NULL where absent.</summary>
    public static string ReadAttribute(string key) => $"(SELECT {Value(Attributes)}::jsonb ->> {SqlText.Quote(key)})";

    /// <summary>SQL that tells whether the caller has one of the roles.</summary>
    public static string HasRole(IEnumerable<string> roles) =>
        $"(SELECT {Value(Roles)}::jsonb ?| ARRAY[{string.Join(", ", roles.Select(SqlText.Quote))}]::text[])";

    // A setting that was made in an earlier transaction of the connection reads as '' afterwards, not as NULL.
    private static string Value(string setting) => $"nullif(current_setting({SqlText.Quote(setting)}, true), '')";
}
