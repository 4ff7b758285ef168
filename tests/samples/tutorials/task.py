from datetime import datetime
from typing import Optional

from sqlmodel import Field, SQLModel
TAGS_IMPORT

class Task(SQLModel, table=True):
    __tablename__ = "task"

    id: Optional[int] = Field(default=None, primary_key=True)
    title: str = Field(max_length=500)
    status: str = Field(default="pending", max_length=50)
    project_id: int = Field(foreign_key="project.id", index=True)
    created_at: datetime
    TAGS
