CREATE TABLE `foreign_names` (
  `x y` int(11) DEFAULT NULL,
  KEY `f k` (`x y`),
  CONSTRAINT `f k` FOREIGN KEY (`x y`) REFERENCES `pär ent` (`i d`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_uca1400_ai_ci