using AiMesh.AiService.Tests.Analyst;
using AiMesh.Data.V1;
using AiMesh.Iot.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Field = AiMesh.Data.V1.Field;

namespace AiMesh.AiService.Tests.Hosting;

/// <summary>The films, and the surveys as each role sees them.</summary>
internal static class SampleData
{
    public static void Fill(FakeMesh mesh)
    {
        var items = Movie.All.Select(m => Item("movies", m.Row, m.ToJson().ToJsonString())).ToList();
        var movies = Definition(
            ("title", Field.Types.Type.String, Field.Types.Classification.Public), ("worldwide_gross", Field.Types.Type.Integer, Field.Types.Classification.Public),
            ("production_budget", Field.Types.Type.Integer, Field.Types.Classification.Internal), ("release_date", Field.Types.Type.Date, Field.Types.Classification.Public),
            ("mpaa_rating", Field.Types.Type.String, Field.Types.Classification.Public), ("running_time_min", Field.Types.Type.Integer, Field.Types.Classification.Public),
            ("distributor", Field.Types.Type.String, Field.Types.Classification.Public), ("major_genre", Field.Types.Type.String, Field.Types.Classification.Public),
            ("director", Field.Types.Type.String, Field.Types.Classification.Public), ("imdb_rating", Field.Types.Type.Number, Field.Types.Classification.Public),
            ("imdb_votes", Field.Types.Type.Integer, Field.Types.Classification.Public));
        mesh.Data.Put("movies", "*", movies, items);

        var surveys = Survey.All.Select(s => Item("surveys", s.Row, $$"""
            {"organisation_name":"{{s.Organisation}}","fund_name":"{{s.Fund}}","submission_status":"{{s.Status}}","investments_made":{{s.Investments}},
             "contact_email":{{(s.Email is null ? "null" : $"\"{s.Email}\"")}},"access_code":"code-{{s.Row}}"}
            """)).ToList();
        (string, Field.Types.Type, Field.Types.Classification)[] open =
            [("organisation_name", Field.Types.Type.String, Field.Types.Classification.Public), ("fund_name", Field.Types.Type.String, Field.Types.Classification.Public)];
        (string, Field.Types.Type, Field.Types.Classification)[] more =
            [.. open, ("submission_status", Field.Types.Type.String, Field.Types.Classification.Internal), ("investments_made", Field.Types.Type.Integer, Field.Types.Classification.Confidential)];
        mesh.Data.Put("surveys", "viewer", Definition(open), surveys.Where(s => s.Fields.Fields["submission_status"].StringValue == "completed").Select(s => Only(s, open)));
        mesh.Data.Put("surveys", "member", Definition(more), surveys.Select(s => Only(s, more)));
        mesh.Data.Put(
            "surveys", "admin",
            Definition([.. more, ("contact_email", Field.Types.Type.String, Field.Types.Classification.Pii), ("access_code", Field.Types.Type.String, Field.Types.Classification.Secret)]),
            surveys);

        var start = new DateTime(2026, 11, 21, 8, 0, 0, DateTimeKind.Utc);
        mesh.Iot.Readings["pump-1"] = [.. Enumerable.Range(0, 30).Select(i => new Reading
        {
            Metric = "temperature",
            Value = i == 7 ? 95.5 : 60 + (i / 10.0),
            Time = Timestamp.FromDateTime(start.AddMinutes(-i)),
            Anomalous = i == 7,
        })];
        mesh.Iot.Alerts["pump-1"] =
            [new Alert { Device = "pump-1", Metric = "temperature", Severity = Alert.Types.Severity.Critical, State = Alert.Types.State.Open, Message = "95.5 where 60 to 63 was expected", StartTime = Timestamp.FromDateTime(start), Value = 95.5, Count = 1 }];
    }

    public static Item Item(string dataset, string id, string json)
    {
        var fields = JsonParser.Default.Parse<Struct>(json);
        fields.Fields.Remove("#");
        foreach (var name in fields.Fields.Where(f => f.Value.KindCase is Value.KindOneofCase.NullValue).Select(f => f.Key).ToList())
            fields.Fields.Remove(name);
        return new Item { Name = $"datasets/{dataset}/items/{id}", Fields = fields };
    }

    public static Dataset Definition(params (string Name, Field.Types.Type Type, Field.Types.Classification Classification)[] fields)
    {
        var definition = new Dataset { DisplayName = "Sample" };
        definition.Fields.AddRange(fields.Select(f => new Field { Name = f.Name, Type = f.Type, Classification = f.Classification }));
        return definition;
    }

    private static Item Only(Item item, (string Name, Field.Types.Type, Field.Types.Classification)[] fields)
    {
        var kept = item.Clone();
        foreach (var name in kept.Fields.Fields.Keys.Where(k => !fields.Any(f => f.Name == k)).ToList())
            kept.Fields.Fields.Remove(name);
        return kept;
    }
}
