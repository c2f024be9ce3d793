namespace AiMesh.ServiceDefaults.Privacy;

/// <summary>
/// Where a service keeps something about people, and what becomes of it. The statements run as the owner of the database, within the
/// organisation, and may name <c>@organisation</c>, <c>@subject</c>, <c>@email</c>, <c>@pattern</c> (see <see cref="DataSubject.Pattern"/>) and, to
/// change, <c>@pseudonym</c>.
/// </summary>
/// <param name="Store">Name of the store, and of its section of the archive.</param>
/// <param name="Select">Gives one column of JSON text, a row a record; null where nothing may leave (secrets).</param>
public sealed record PersonalTable(string Store, string? Select)
{
    /// <summary>Makes a record that is selected readable; null where it is.</summary>
    public Func<string, string>? Read { get; init; }

    /// <summary>Deletes records; how many it reports counts as erased.</summary>
    public string? Delete { get; init; }

    /// <summary>Puts the pseudonym in the place of the person; how many it reports counts as pseudonymised.</summary>
    public string? Pseudonymise { get; init; }

    /// <summary>Runs after a change, where there was one; counts as nothing.</summary>
    public string? Afterwards { get; init; }
}
