using System.Text;
using AiMesh.Data.V1;
using AiMesh.DataService.Stores;
using AiMesh.DataService.Stores.Backup;
using Microsoft.Extensions.DependencyInjection;
using static AiMesh.DataService.Tests.Shapes;
using FieldType = AiMesh.Data.V1.Field.Types.Type;

namespace AiMesh.DataService.Tests.Stores.Backup;

/// <summary>Backups of datasets, and what is refused as one (D7).</summary>
[Trait("Level", "Server")]
public sealed class DatasetBackupTests(StoresFixture data) : IClassFixture<StoresFixture>
{
    private static int _datasets;

    private Caller Admin => data.Caller("admin");

    private DatasetBackup Backups => ActivatorUtilities.CreateInstance<DatasetBackup>(data.Service.Host.Services);

    [Theory]
    [InlineData("", "cosmos")]
    [InlineData("dynamo", "")]
    [InlineData("fire", "dynamo")]
    public async Task Backup_IsRestored_InWhateverStore(string from, string to)
    {
        var (source, target) = (await DefineAsync(from), await DefineAsync(to));
        await FillAsync(source, 30);
        await Admin.UpdateAsync(source, "i03", Fields(("title", "changed")));
        var file = await TakeAsync(source);
        Assert.Equal(32, Encoding.UTF8.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Equal(30, (await RestoreAsync(target, file)).Count);
        Assert.Equal(await TranscriptAsync(source), await TranscriptAsync(target));
        Assert.Equal(["data.restore"], await ActsAsync(target));
        Assert.Equal(["data.backup"], await ActsAsync(source));

        // What is there is not overwritten.
        Assert.Contains("has items", (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(target, file))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ABrokenFile_IsRefused_WithItsLine_AndNothingIsStored()
    {
        var (source, target) = (await DefineAsync(""), await DefineAsync(""));
        await FillAsync(source, 5);
        var whole = await TakeAsync(source);
        var lines = Encoding.UTF8.GetString(whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(7, lines.Length);
        (string Name, byte[] File, string Expected)[] broken =
        [
            ("empty", [], "line 1: the end is missing"),
            ("without its end", Of(lines[..6]), "line 7: the end is missing"),
            ("cut in a line", whole[..(whole.Length - 20)], "line 7: is not whole"),
            ("without the last newline", whole[..^1], "line 7: is not whole"),
            ("a line lost", Of([.. lines[..3], .. lines[4..]]), "line 4: is not as it was written"),
            ("a line doubled", Of([.. lines[..4], .. lines[3..]]), "line 5: is not as it was written"),
            ("lines exchanged", Of([lines[0], lines[2], lines[1], .. lines[3..]]), "line 2: is not as it was written"),
            ("a value changed", Of([.. lines[..4], lines[4].Replace("t3", "t4", StringComparison.Ordinal), .. lines[5..]]), "line 5: is not as it was written"),
            ("something else", "hello\n"u8.ToArray(), "line 1: is not as it was written"),
            ("something behind it", [.. whole, .. Of(lines[6..])], "line 8: there is something behind the end"),
            ("the end first", Written((BackupLine.End, """{"items":0,"sha256":"x"}""")), "line 1: stands where it does not belong"),
            ("another format", Written((BackupLine.Header, """{"format":"other","version":1}""")), "line 1: is no header"),
            ("another version", Written((BackupLine.Header, """{"format":"aimesh-dataset-backup","version":2}""")), "line 1: is no header"),
        ];
        foreach (var (name, file, expected) in broken)
        {
            var refused = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(target, file));
            Assert.True(refused.Message.StartsWith(expected, StringComparison.Ordinal), $"{name}: {refused.Message}");
        }

        Assert.Empty((await Admin.ListAsync(target)).Items);
        Assert.Equal(5, (await RestoreAsync(target, whole)).Count);
    }

    [Fact]
    public async Task ItemsThatDoNotFit_AreRefused_WithTheirLine()
    {
        var target = await DefineAsync("dynamo", static dataset => dataset.Fields[0].Required = true);
        var header = Content(await TakeAsync(await DefineAsync("")), 0);
        var strange = Content(await TakeAsync(await DefineAsync("", static dataset => dataset.Fields.Add(Field("strange")))), 0);
        var other = Content(await TakeAsync(await DefineAsync("", static dataset => dataset.Fields[1].Type = FieldType.String)), 0);
        const string Good = """{"id":"a","owner":"o","version":1,"create_time":"2026-11-21T10:00:00.000001Z","update_time":"2026-11-21T10:00:00.000001Z","fields":{"title":"t"}}""";
        const string End = """{"items":1,"sha256":"0"}""";
        (byte[] File, string Expected)[] files =
        [
            (Written((BackupLine.Header, strange)), "line 1: the dataset has no field 'strange'"),
            (Written((BackupLine.Header, other)), "line 1: the field 'size' of the dataset is of another type"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("\"t\"", "1", StringComparison.Ordinal))), "line 2: the field 'title': expected"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("\"title\"", "\"nothing\"", StringComparison.Ordinal))), "line 2: has a field 'nothing'"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("\"title\":\"t\"", "", StringComparison.Ordinal))), "line 2: the field 'title' is required"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("\"a\"", "\"/\"", StringComparison.Ordinal))), "line 2: has no valid id"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("2026", "now", StringComparison.Ordinal))), "line 2: is no item"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("\"t\"", """{"k":1,"c":"x"}""", StringComparison.Ordinal))), "line 2: the field 'title' is encrypted in the one place"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good), (BackupLine.Item, Good)), "line 3: the item 'a' stands out of order"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good), (BackupLine.End, End)), "line 3: the items are not those"),
            (Written((BackupLine.Header, header), (BackupLine.Item, Good.Replace("{\"title\":\"t\"}", LargeFields(), StringComparison.Ordinal))), "line 2: the item 'a' is larger"),
        ];
        foreach (var (file, expected) in files)
        {
            var refused = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(target, file));
            Assert.True(refused.Message.StartsWith(expected, StringComparison.Ordinal), $"{expected}: {refused.Message}");
        }

        Assert.Empty((await Admin.ListAsync(target)).Items);
        Assert.StartsWith("There is no dataset", (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync("nothing", []))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EncryptedFields_StayCiphertext_AndAreRestoredWhereTheyWere()
    {
        var source = await DefineAsync("", static dataset => dataset.Fields[0].Encrypted = true);
        await Admin.CreateAsync(source, Fields(("title", "the secret word")), "a");
        var file = await TakeAsync(source);
        Assert.DoesNotContain("secret word", Encoding.UTF8.GetString(file), StringComparison.Ordinal);

        var other = await DefineAsync("", static dataset => dataset.Fields[0].Encrypted = true);
        Assert.StartsWith("line 1: the backup has encrypted fields", (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(other, file))).Message, StringComparison.Ordinal);
        Assert.StartsWith("line 1: the field 'title'", (await Assert.ThrowsAsync<BackupException>(async () => await RestoreAsync(await DefineAsync(""), file))).Message, StringComparison.Ordinal);

        // Deleted, and made anew under its name.
        await Admin.Datasets.DeleteDatasetAsync(new DeleteDatasetRequest { Dataset = source }, Admin.Options);
        await Admin.DefineAsync(source, Definition("", static dataset => dataset.Fields[0].Encrypted = true));
        await RestoreAsync(source, file);
        Assert.Equal("the secret word", (await Admin.GetAsync(source, "a")).Fields.Fields["title"].StringValue);

        // Under a key that is not there, it could never be read.
        await Admin.DeleteAsync(source, "a");
        var lines = Encoding.UTF8.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var digest = await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(source, Written((BackupLine.Header, Content(file, 0)), (BackupLine.Item, Content(file, 1).Replace("\"k\":1", "\"k\":99", StringComparison.Ordinal)), (BackupLine.End, Content(file, 2)))));
        var checksum = digest.Message.Split(' ')[^1];
        var end = $$"""{"items":1,"sha256":"{{checksum}}"}""";
        Assert.Contains("keys", (await Assert.ThrowsAsync<BackupException>(() => RestoreAsync(source, Written(
            (BackupLine.Header, Content(file, 0)), (BackupLine.Item, Content(file, 1).Replace("\"k\":1", "\"k\":99", StringComparison.Ordinal)), (BackupLine.End, end))))).Message, StringComparison.Ordinal);
        Assert.Equal(3, lines.Length);
    }

    [Fact]
    public async Task Commands_BackUpRestoreAndDiagnose()
    {
        var (source, target) = (await DefineAsync(""), await DefineAsync(""));
        await FillAsync(source, 3);
        var folder = Directory.CreateTempSubdirectory("aimesh-backup-");
        var path = Path.Combine(folder.FullName, "backup.jsonl");
        string[] settings = [$"--ConnectionStrings:data-db={data.Database.ConnectionString}", "--Mesh:MasterKey=a master key for tests only", "--organisation=demo"];
        Assert.Equal(0, await StoreCommands.RunAsync(["backup-dataset", .. settings, $"--dataset={source}", $"--file={path}"]));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal(2, await StoreCommands.RunAsync(["backup-dataset", .. settings, $"--dataset={source}", $"--file={path}"]));
        Assert.Equal(0, await StoreCommands.RunAsync(["restore-dataset", .. settings, $"--dataset={target}", $"--file={path}"]));
        Assert.Equal(1, await StoreCommands.RunAsync(["restore-dataset", .. settings, $"--dataset={target}", $"--file={path}"]));
        Assert.Equal(2, await StoreCommands.RunAsync(["restore-dataset", .. settings, $"--dataset={target}"]));
        Assert.Equal(await TranscriptAsync(source), await TranscriptAsync(target));
        Assert.True(StoreCommands.Knows(["diagnose-stores"]));
        Assert.False(StoreCommands.Knows(["--organisation=demo"]));

        // Datasets of other tests name stores that this configuration does not have.
        Assert.Equal(0, await StoreCommands.RunAsync(["diagnose-stores", .. settings[..2]]));
        folder.Delete(recursive: true);
    }

    private static string LargeFields() => $"{{\"title\":\"t\",\"tags\":[{string.Join(',', Enumerable.Repeat($"\"{new string('x', 90_000)}\"", 5))}]}}";

    private static byte[] Of(params IEnumerable<string> lines) => Encoding.UTF8.GetBytes(string.Concat(lines.Select(static line => line + "\n")));

    private static byte[] Written(params (string Kind, string Content)[] lines)
    {
        var writer = new BackupLine();
        return Of([.. lines.Select(line => Encoding.UTF8.GetString(writer.Write(line.Kind, Encoding.UTF8.GetBytes(line.Content))))]);
    }

    private static string Content(byte[] file, int line)
    {
        var reader = new BackupLine();

        // All of them are read, as each line's sum follows from the one before.
        byte[][] contents = [.. Encoding.UTF8.GetString(file).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(text => reader.Read(Encoding.UTF8.GetBytes(text))!.Value.Content)];
        return Encoding.UTF8.GetString(contents[line]);
    }

    private static Dataset Definition(string store, Action<Dataset>? change)
    {
        var dataset = Dataset([Field("title"), Field("size", FieldType.Integer), Field("tags", FieldType.StringList)], Admins);
        dataset.Store = store;
        change?.Invoke(dataset);
        return dataset;
    }

    private async Task<string> DefineAsync(string store, Action<Dataset>? change = null)
    {
        var id = FormattableString.Invariant($"kept-{Interlocked.Increment(ref _datasets)}");
        await Admin.DefineAsync(id, Definition(store, change));
        return id;
    }

    private Task<ImportItemsResponse> FillAsync(string id, int count) => Admin.ImportAsync(new ImportItemsRequest
    {
        Dataset = id,
        IdField = "id",
        SkipInvalid = true,
        Json = string.Join('\n', Enumerable.Range(0, count).Select(static i => $$"""{"id": "i{{i:D2}}", "title": "t{{i}}", "size": {{i}}, "tags": ["é😀", "\"\\"]}""")),
    });

    private async Task<byte[]> TakeAsync(string id)
    {
        using var file = new MemoryStream();
        await Backups.BackupAsync("demo", id, file, CancellationToken.None);
        return file.ToArray();
    }

    private async Task<StoreDigest> RestoreAsync(string id, byte[] file)
    {
        using var stream = new MemoryStream(file);
        return await Backups.RestoreAsync("demo", id, stream, CancellationToken.None);
    }

    private async Task<string> TranscriptAsync(string id) => string.Join('\n', (await Admin.ListAsync(id)).Items.Select(item => item.ToString().Replace(id, "DATASET", StringComparison.Ordinal)));

    private async Task<string[]> ActsAsync(string id)
    {
        await using var connection = new Npgsql.NpgsqlConnection(data.Database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand($"SELECT array_agg(action ORDER BY sequence) FROM audit_events WHERE target = '{id}' AND action IN ('data.backup', 'data.restore')", connection);
        return (string[])(await command.ExecuteScalarAsync())!;
    }
}
