namespace AiMesh.AuthService.Users;

/// <summary>A user to be added.</summary>
internal sealed record NewUser(EmailAddress Email, string DisplayName, string PasswordHash)
{
    public IReadOnlyCollection<string> Roles { get; init; } = [];

    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();

    public bool Disabled { get; init; }
}
