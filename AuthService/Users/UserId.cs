namespace AiMesh.AuthService.Users;

/// <summary>Ids of users: 32 hexadecimal digits, in the order of creation.</summary>
internal static class UserId
{
    public static string New() => Guid.CreateVersion7().ToString("N");

    /// <summary>False for what can't be any user's id, so that it is not even looked up.</summary>
    public static bool IsPlausible(string id) => id.Length == 32 && id.All(char.IsAsciiHexDigitLower);
}
