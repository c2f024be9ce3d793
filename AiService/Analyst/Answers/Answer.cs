namespace AiMesh.AiService.Analyst.Answers;

/// <param name="Text">For people, with citation markers.</param>
/// <param name="Answered">False where the data holds no answer; the text then says what is missing.</param>
internal sealed record Answer(string Text, bool Answered = true)
{
    public static implicit operator Answer(AnswerText text) => new(text.ToString());
}
