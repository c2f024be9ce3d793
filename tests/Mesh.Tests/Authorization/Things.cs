namespace AiMesh.Mesh.Tests.Authorization;

/// <summary>Names of one thing of each kind in an organisation.</summary>
public sealed record Things(string Dataset, string Item, string Device, string User, string Role, string Key, string Client, string Alert, string Policy)
{
    /// <param name="kind">As who-may-call.md names it.</param>
    public string Of(string kind) => kind switch
    {
        "dataset" => Dataset,
        "item" => Item,
        "device" => Device,
        "user" => User,
        "role" => Role,
        "key" => Key,
        "client" => Client,
        "alert" => Alert,
        "policy" => Policy,
        "unmade" => "made-up-00000000",
        _ => throw new InvalidDataException($"who-may-call.md: there is no kind of things called '{kind}'."),
    };

    /// <summary>Names of the same form and length that nothing has anywhere.</summary>
    public Things Missing => new(Other(Dataset), Other(Item), Other(Device), Other(User), Other(Role), Other(Key), Other(Client), Other(Alert), Other(Policy));

    /// <summary>The last eight characters are random digits in names that are made here, and random hexadecimal digits in ids that the mesh gives.</summary>
    private static string Other(string name) => name[..^8] + (name[^8..] == "00000000" ? "00000001" : "00000000");
}
