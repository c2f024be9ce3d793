namespace AiMesh.AuthService.Clients;

/// <summary>Ids of clients: "amc_" and 32 hexadecimal digits, in the order of creation.</summary>
internal static class ClientId
{
    private const string Start = "amc_";
    private const int Digits = 32;

    public static string New() => Start + Guid.CreateVersion7().ToString("N");

    /// <summary>False for what can't be any client's id, so that it is not even looked up.</summary>
    public static bool IsPlausible(string id) =>
        id.Length == Start.Length + Digits && id.StartsWith(Start, StringComparison.Ordinal) && id[Start.Length..].All(char.IsAsciiHexDigitLower);
}
