using AiMesh.Common.Rpc;
using AiMesh.Common.V1;
using AiMesh.Data.V1;
using AiMesh.DataService.Stores;
using AiMesh.ServiceDefaults.Identity;
using AiMesh.Testing;
using Grpc.Core;
using Grpc.Net.Client;
using static AiMesh.DataService.Tests.Shapes;
using Action = AiMesh.Data.V1.RowRule.Types.Action;
using FieldType = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Stores.Privacy;

/// <summary>A person of an organisation of their own, whose datasets are in several stores, and AuthService asking about them.</summary>
internal sealed class StorePerson(TestAuthority authority)
{
    public const string Pseudonym = "erased-0123456789abcdef";

    public string Organisation { get; } = $"o{Guid.NewGuid():N}";

    public string Id { get; } = Guid.NewGuid().ToString("N");

    public string Email => $"erika.{Id[..8]}@people.example";

    public string Name => $"Erika \"E\" Mustermann{Id[..8]}";

    public CallOptions Admin => Options("boss", "admin");

    public CallOptions Self => Options(Id, "member");

    /// <summary>Defines a dataset of texts with somebody to contact, whom its rows are about.</summary>
    public async Task DefineAsync(GrpcChannel channel, string id, string store, Action<Dataset>? change = null)
    {
        var dataset = Dataset(
            [Field("text"), Field("contact"), Field("remark", visibleTo: "admin"), Field("size", FieldType.Integer), Field("tags", FieldType.StringList)],
            Admins, Rule("member", "row.owner = user.id", Action.Read, Action.Create));
        (dataset.Store, dataset.SubjectField) = (store, "contact");
        change?.Invoke(dataset);
        await new Data.V1.Datasets.DatasetsClient(channel).CreateDatasetAsync(new CreateDatasetRequest { DatasetId = id, Dataset = dataset }, Admin);
    }

    /// <summary>Four items that are hers, for one reason or another, and three that are not.</summary>
    public async Task FillAsync(GrpcChannel channel, string dataset)
    {
        await CreateAsync(channel, dataset, "mine", Self, Fields(("text", $"Entered by {Name} <{Email}>, see {Id}."), ("size", 7), ("tags", new[] { "a", Email })));
        await CreateAsync(channel, dataset, "mine-about-me", Self, Fields(("text", "both"), ("contact", Id)));
        await CreateAsync(channel, dataset, "about-her", Admin, Fields(("text", "by address"), ("contact", Email.ToUpperInvariant()), ("remark", "hidden from her")));
        await CreateAsync(channel, dataset, "about-her-by-id", Admin, Fields(("text", "by id"), ("contact", Id)));
        await CreateAsync(channel, dataset, "other", Admin, Fields(("text", $"Mentions {Email}."), ("contact", $"x{Email}")));
        await CreateAsync(channel, dataset, "other-bare", Admin, Fields(("text", "about nobody")));
        await CreateAsync(channel, dataset, "zz-other", Admin, Fields(("text", "about somebody else"), ("contact", "otto@people.example")));
    }

    public static async Task CreateAsync(GrpcChannel channel, string dataset, string id, CallOptions options, Google.Protobuf.WellKnownTypes.Struct fields) =>
        await new Data.V1.Items.ItemsClient(channel).CreateItemAsync(new CreateItemRequest { Dataset = dataset, ItemId = id, Item = new Item { Fields = fields } }, options);

    public async Task<List<Item>> ItemsAsync(GrpcChannel channel, string dataset) =>
        [.. (await new Data.V1.Items.ItemsClient(channel).ListItemsAsync(new ListItemsRequest { Dataset = dataset, PageSize = 1000 }, Admin)).Items];

    public async Task<string[]> IdsAsync(GrpcChannel channel, string dataset) => [.. (await ItemsAsync(channel, dataset)).Select(static item => item.Name.Split('/')[^1])];

    /// <summary>The sections of an export.</summary>
    public async Task<Dictionary<string, string>> ExportAsync(GrpcChannel channel, bool visibleOnly = false)
    {
        using var call = new PersonalData.PersonalDataClient(channel).ExportPersonalData(new ExportPersonalDataRequest { Person = Message, VisibleOnly = visibleOnly }, Authority);
        var sections = new Dictionary<string, string>();
        await foreach (var part in call.ResponseStream.ReadAllAsync()) sections[part.Section] = sections.GetValueOrDefault(part.Section, "") + part.Piece.ToStringUtf8();
        return sections;
    }

    public Task<ErasePersonalDataResponse> EraseAsync(GrpcChannel channel, string request = "request") => new PersonalData.PersonalDataClient(channel)
        .ErasePersonalDataAsync(new ErasePersonalDataRequest { Person = Message, RequestId = $"{request} {Organisation}", Pseudonym = Pseudonym }, Authority).ResponseAsync;

    /// <summary>Asks until nothing is found any more, as AuthService does.</summary>
    public async Task<Dictionary<string, (long Erased, long Pseudonymised)>> EraseWhollyAsync(GrpcChannel channel)
    {
        for (var pass = 0; pass < 5; pass++)
            if (await EraseAsync(channel) is { Found: 0 } done) return done.Stores.ToDictionary(static store => store.Store, static store => (store.Erased, store.Pseudonymised));
        throw new InvalidOperationException("Something is found again and again.");
    }

    /// <summary>The reason why an erasure or an export is not done.</summary>
    public static async Task<string> RefusalAsync(Func<Task> call)
    {
        var exception = await Assert.ThrowsAsync<RpcException>(call);
        return Google.Rpc.Status.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin")).Details.First(static detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>().Reason;
    }

    /// <summary>The documents of a dataset, as its store has them.</summary>
    public async Task<List<Document>> DocumentsAsync(IDocumentStore store, PostgresDatabase database, string dataset)
    {
        var documents = new List<Document>();
        await foreach (var document in store.QueryAsync(await TableAsync(database, dataset), DocumentQuery.Everything, CancellationToken.None)) documents.Add(document);
        return documents;
    }

    public async Task<DocumentTable> TableAsync(PostgresDatabase database, string dataset) => new(
        FormattableString.Invariant($"d{await NumberAsync(database, dataset)}"), Organisation,
        System.Collections.Frozen.FrozenDictionary<string, ServiceDefaults.Policy.PolicyType>.Empty);

    public Task<long> NumberAsync(PostgresDatabase database, string dataset) => AskAsync<long>(database, $"SELECT id FROM datasets WHERE organisation = '{Organisation}' AND name = '{dataset}'");

    public static async Task<T> AskAsync<T>(PostgresDatabase database, string sql)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The request of an export.</summary>
    public ExportPersonalDataRequest Ask => new() { Person = Message };

    /// <summary>AuthService, for this organisation.</summary>
    public Metadata Authority => new() { { "authorization", $"Bearer {authority.Token("auth", Organisation, permissions: ["mesh:personal_data:*"], kind: PrincipalKind.Client)}" } };

    private Person Message => new() { Id = Id, Email = Email, DisplayName = Name, Roles = { "member" } };

    private CallOptions Options(string subject, string role) => new(new Metadata { { "authorization", $"Bearer {authority.Token(subject, Organisation, [role], ["*"])}" } });
}
