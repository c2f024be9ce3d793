using System.Collections.Immutable;
using System.Text.Json;
using AiMesh.Auth.V1;
using Google.Protobuf.WellKnownTypes;

namespace AiMesh.AuthService.Users;

/// <summary>A user as a row, with the names of the roles.</summary>
internal sealed record UserRecord
{
    public required string Id { get; init; }

    public required string Email { get; init; }

    public required string DisplayName { get; init; }

    public required bool Disabled { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime CreatedAt { get; init; }

    /// <summary>In ordinal order.</summary>
    public required string[] Roles { get; init; }

    /// <summary>JSON object of strings.</summary>
    public required string AttributesJson { get; init; }

    /// <summary>Where pages continue.</summary>
    public required string EmailKey { get; init; }

    public ImmutableSortedDictionary<string, string> Attributes => ReadAttributes(AttributesJson);

    public static ImmutableSortedDictionary<string, string> ReadAttributes(string json) =>
        JsonSerializer.Deserialize<Dictionary<string, string>>(json)!.ToImmutableSortedDictionary(StringComparer.Ordinal);

    public static string WriteAttributes(IEnumerable<KeyValuePair<string, string>> attributes) =>
        JsonSerializer.Serialize(attributes.ToDictionary(StringComparer.Ordinal));

    public User ToMessage()
    {
        var message = new User
        {
            Id = Id,
            Email = Email,
            DisplayName = DisplayName,
            Disabled = Disabled,
            CreateTime = Timestamp.FromDateTime(CreatedAt),
            Roles = { Roles },
        };
        message.Attributes.Add(Attributes.ToDictionary());
        return message;
    }
}
